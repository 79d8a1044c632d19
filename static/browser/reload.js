// A page that is older than its server is loaded again, but not again and again.

import { fromEntry, keepInEntry } from "./entry.js";

const RELOADED = "reloaded";

let reloading = false; // until it is, the page lives on

/** Load the page again, unless that was just done. Returns whether it is. */
export function reloadOnce() {
  if (fromEntry(RELOADED)) return false;
  keepInEntry(RELOADED, true);
  reloading = true;
  location.reload();
  return true;
}

/** The page knows everything that its server tells; should it be too old one day, it may be loaded again. */
export function upToDate() {
  if (fromEntry(RELOADED) && !reloading) keepInEntry(RELOADED, undefined);
}
