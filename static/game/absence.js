// What goes by while the page is not connected: how far it has to catch up, and what the banner says of it. No DOM.

const RESTARTS = new Set([1001, 1012]); // how a server that ends closes

export class Absence {
  #banner;
  #goal = 0;
  #missed = null; // how many moves were made meanwhile, until it has caught up
  #restarting = false; // whether the server said so

  /** `banner` is told of it, see banner_view.js. */
  constructor(banner) {
    this.#banner = banner;
  }

  /** The connection was lost with `code` when `version` of the game was there, and is tried again in `ms`. */
  lost(code, ms, { version, online }) {
    if (!version) this.#missed = -Infinity; // what comes at first was not missed
    else this.#missed ??= 0;
    this.#restarting ||= RESTARTS.has(code);
    this.#banner.lost(!online ? "offline" : this.#restarting ? "restarting" : "lost", ms);
  }

  /** The connection is back, and the game at version `goal` by now. */
  welcome(goal) {
    this.#goal = goal;
  }

  /** Whether a page that is at `version` has everything that was there when it connected. */
  caughtUp(version) {
    return version >= this.#goal;
  }

  /** Whether what came up to `version` is news, and not what others saw before. */
  isNews(version) {
    return version > this.#goal;
  }

  /** `moves` have come, and the page is at `version`. Returns how many were missed in all once that is everything, or else 0. */
  took(moves, version) {
    if (this.#missed === null) return 0;
    this.#missed += moves;
    if (!this.caughtUp(version)) return 0;
    const missed = Math.max(0, this.#missed);
    this.#banner.back(missed);
    this.#missed = null;
    this.#restarting = false;
    return missed;
  }
}
