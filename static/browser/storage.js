// What the browser remembers for us; what it refuses to, the page itself remembers while it is open.

class SafeStorage {
  #real;
  #refused = new Map(); // what could not be written

  constructor(real) {
    this.#real = real;
  }

  getItem(key) {
    return this.#refused.get(key) ?? this.#try((real) => real.getItem(key)) ?? null;
  }

  /** Keep `value`. Returns whether the browser does, beyond this page. */
  setItem(key, value) {
    this.#refused.delete(key);
    if (this.#try((real) => (real.setItem(key, value), true))) return true;
    this.#refused.set(key, value);
    return false;
  }

  removeItem(key) {
    this.#refused.delete(key);
    this.#try((real) => real.removeItem(key));
  }

  // A browser that blocks site data throws on the mere mention of localStorage, and a full one where something is written.
  #try(use) {
    try {
      return use(this.#real());
    } catch {
      return null;
    }
  }
}

const storages = new Map();

/** `window[name]`, the browser's "localStorage" or "sessionStorage", in a form that never throws. */
export function storage(name, window = globalThis) {
  if (window !== globalThis) return new SafeStorage(() => window[name]);
  if (!storages.has(name)) storages.set(name, new SafeStorage(() => window[name]));
  return storages.get(name);
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
