// A page that is older than its server is loaded again, but not again and again.

let reloading = false; // until it is, the page lives on

/**
 * Load the page again, unless that was just done. Returns whether it is. That it was done is kept in the history entry,
 * which outlives a reload also where the browser keeps nothing else.
 */
export function reloadOnce() {
  if (history.state?.reloaded) return false;
  history.replaceState({ reloaded: true }, "");
  reloading = true;
  location.reload();
  return true;
}

/** The page knows everything that its server tells; should it be too old one day, it may be loaded again. */
export function upToDate() {
  if (history.state?.reloaded && !reloading) history.replaceState(null, "");
}
