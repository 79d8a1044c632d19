// Before anything is painted: the colours that were chosen. See theme.js.
try {
  document.documentElement.dataset.theme = localStorage.getItem("connect4.theme") ?? "system";
} catch {
  // a browser that blocks site data has the system's
}
