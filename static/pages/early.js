// The game page's socket, opened before the page's script has come: far away each takes as long as the other. What the
// browser keeps of the game says from where on; see browser/remembered.js and wire/early.js, which take up both.

(function () {
  "use strict";

  var game = location.pathname.split("/").pop();
  var mount = document.querySelector('meta[name="mount"]').content;
  var early = (window.early = { events: [], socket: null, heard: [], code: null });
  var after = "0";

  try {
    early.events = JSON.parse(localStorage.getItem("connect4.log." + game)) || [];
    var last = early.events[early.events.length - 1];
    if (last) after = last.version + "&last=" + last.command_id;
  } catch (error) {
    // The browser blocks site data, or something else is kept there.
  }

  try {
    early.socket = new WebSocket(
      location.origin.replace(/^http/, "ws") + mount + "ws/games/" + game + "?after=" + after,
    );
    early.socket.onmessage = function (event) {
      early.heard.push(event);
    };
    early.socket.onclose = function (event) {
      early.code = event.code;
    };
  } catch (error) {
    // The page's script opens one, and says what is wrong.
  }
})();
