// The game page's socket, opened before the page's script has come: far away each takes as long as the other. What the
// browser keeps of the game says from where on; see browser/remembered.js and wire/early.js, which take up both.

(function () {
  "use strict";

  /** That of the ids of the events' commands, as wire/crc32.js has it. */
  function crc32(events) {
    var rest = -1;
    events.forEach(function (event) {
      for (var at = 0; at < event.command_id.length; at++) {
        rest ^= event.command_id.charCodeAt(at);
        for (var bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
      }
    });
    return ~rest >>> 0;
  }

  var game = location.pathname.split("/").pop();
  var mount = document.querySelector('meta[name="mount"]').content;
  var early = (window.early = { events: [], socket: null, heard: [], code: null });
  var after = "0";

  try {
    early.events = JSON.parse(localStorage.getItem("connect4.log." + game)) || [];
    var last = early.events[early.events.length - 1];
    if (last) after = last.version + "&last=" + last.command_id + "&history=" + crc32(early.events);
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
