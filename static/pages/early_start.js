// Before the start page's script: where the browser has a seat at a game, there is room for its games from the beginning, so
// that nothing moves when they come. See browser/my_games.js.

(function () {
  "use strict";

  try {
    var over = localStorage.getItem("connect4.over") || "";
    for (var key in localStorage) {
      var found = /^connect4\.token\.([0-9a-f-]{36})\./.exec(key);
      if (found && over.indexOf(found[1]) < 0) document.getElementById("mine").hidden = false;
    }
  } catch (error) {
    // The browser blocks site data.
  }
})();
