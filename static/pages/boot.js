// Before anything else, in every browser: the colours that were chosen, and somebody to say so where the page does not come.
// It is no module and asks for no file, so it runs where modules do not; hence its old-fashioned way of writing.

(function () {
  "use strict";

  var PATIENCE = 8000; // ms; then it is said that the page did not come
  var ATTEMPTS = 8; // to fetch the page's script; of two servers with two releases, the right one answers soon

  var WORDS = {
    en: {
      late: "This page did not load.",
      why: "The connection may be slow, something may block the page’s script, or the browser may be too old: Chrome 123, Firefox 120 and Safari 17.5 are new enough.",
      reload: "Reload",
    },
    de: {
      late: "Diese Seite ist nicht vollständig angekommen.",
      why: "Vielleicht ist die Verbindung langsam, etwas hält das Skript der Seite auf, oder der Browser ist zu alt: Chrome 123, Firefox 120 und Safari 17.5 sind neu genug.",
      reload: "Neu laden",
    },
  };

  /** What was chosen under this key, or `usual` where nothing was, or the browser blocks site data. */
  function chosen(key, usual) {
    try {
      return localStorage.getItem("connect4." + key) || usual;
    } catch (error) {
      return usual;
    }
  }

  /** Have the page, and the browser's own bars, in "light", "dark" or the "system"'s colours. */
  window.showTheme = function (theme) {
    document.documentElement.setAttribute("data-theme", theme);
    ["light", "dark"].forEach(function (scheme) {
      var bars = document.querySelector('meta[name="theme-color"][data-scheme="' + scheme + '"]');
      bars.media = theme === "system" ? "(prefers-color-scheme: " + scheme + ")" : theme === scheme ? "all" : "not all";
    });
  };

  var box = null;
  var attempts = 1;
  var timer = setTimeout(tell, PATIENCE);

  function add(parent, name, className, text) {
    var element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  /** Say that the page did not come, and why that may be. */
  function tell() {
    if (box || !document.body || !document.querySelector("script[src]")) return; // or it needs no script
    var words = WORDS[chosen("language", navigator.language || "").slice(0, 2)] || WORDS.en;
    box = add(document.body, "section", "notice card", "");
    box.setAttribute("role", "alert");
    box.setAttribute("data-testid", "not-loaded");
    add(box, "p", "words", words.late);
    add(box, "p", "detail", words.why);
    add(box, "button", "button primary", words.reload).onclick = function () {
      location.reload();
    };
  }

  /** The page's script runs, and says so. */
  window.started = function () {
    clearTimeout(timer);
    if (box) box.parentNode.removeChild(box);
    box = null;
  };

  /** The page's script came to an `error`, and goes no further. */
  window.failed = function (error) {
    clearTimeout(timer);
    tell();
    setTimeout(function () {
      throw error; // for the console, as any other
    });
  };

  // The page's script did not come: it is asked for again, under an address that no browser remembers as failed.
  addEventListener(
    "error",
    function (event) {
      var failed = event.target;
      if (!failed || failed.tagName !== "SCRIPT") return;
      if (attempts === ATTEMPTS) return tell();
      setTimeout(function () {
        var script = document.createElement("script");
        script.type = "module";
        script.src = failed.src.split("?")[0] + "?again=" + attempts++;
        document.head.appendChild(script);
      }, 125 * attempts);
    },
    true,
  );

  window.showTheme(chosen("theme", "system"));
})();
