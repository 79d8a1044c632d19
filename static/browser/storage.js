// What the browser remembers for us; where it refuses, what the page itself remembers.

/**
 * `window[name]`, or a stand-in that forgets with the page: a browser that blocks site data throws on the mere
 * mention of localStorage, and nobody should be kept from playing by that.
 */
export function storage(name, window = globalThis) {
  try {
    const real = window[name];
    real.setItem("connect4.probe", "");
    real.removeItem("connect4.probe");
    return real;
  } catch {
    return forgetful();
  }
}

function forgetful() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const NAME = "connect4.name";

/** The name that this browser's player gave last, or "". */
export const rememberedName = (local = storage("localStorage")) => local.getItem(NAME) ?? "";

/** Keep `name` for the next game. */
export const rememberName = (name, local = storage("localStorage")) => local.setItem(NAME, name);

const KEYS = "connect4.keys";

/** Whether keys that are a single character do anything: who speaks to their computer may not want them to. */
export const keysWanted = (local = storage("localStorage")) => local.getItem(KEYS) !== "no";

export const wantKeys = (wanted, local = storage("localStorage")) => local.setItem(KEYS, wanted ? "yes" : "no");
