// What the tab's history entry keeps: it outlives a reload, also in a browser that keeps nothing else, and no address has it.

let here = globalThis.history?.state ?? {};

/** What was kept by the name of `key`, or undefined. */
export const fromEntry = (key) => here[key];

/** Keep `value`, which is plain data, by the name of `key`; undefined is for nothing. */
export function keepInEntry(key, value) {
  here = { ...here, [key]: value };
  history.replaceState(here, "");
}

/** Have the address read `url`. */
export const rewriteAddress = (url) => history.replaceState(here, "", url);

// Whoever follows a link within the page, or changes the address behind its #, is in an entry that keeps nothing yet.
globalThis.addEventListener?.("hashchange", () => history.replaceState(here, ""));
