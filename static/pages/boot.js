// Before anything is painted: the colours that were chosen. See theme.js.

/** Have the page, and the browser's own bars, in "light", "dark" or the "system"'s colours. */
function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const scheme of ["light", "dark"]) {
    const bars = document.querySelector(`meta[name="theme-color"][data-scheme="${scheme}"]`);
    bars.media = theme === "system" ? `(prefers-color-scheme: ${scheme})` : theme === scheme ? "all" : "not all";
  }
}

try {
  showTheme(localStorage.getItem("connect4.theme") ?? "system");
} catch {
  // a browser that blocks site data has the system's
}
