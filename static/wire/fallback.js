// The game as HTTP has it, asked for again and again while there is no socket. No DOM.

import { BASE } from "./base.js";

const EVERY = 5_000; // ms
const FETCHED_WITHIN = 10_000; // ms

export class Fallback {
  #running = false;
  #asked = 0; // the latest request: what others answer comes too late
  #timer;
  #game;
  #on;
  #options;

  /**
   * `on.fetched({ version, events, forgotten })` is called with what comes behind the version `on.after()`, the version that
   * the game has by now, and those of its players who were forgotten; `on.failed(status)` where there is another answer, or none: then `status` is 0.
   */
  constructor(game, on, { fetch = (...what) => globalThis.fetch(...what), timers = globalThis } = {}) {
    this.#game = game;
    this.#on = on;
    this.#options = { fetch, timers };
  }

  /** Ask now, and go on from there. */
  start() {
    this.#running = true;
    this.#options.timers.clearTimeout(this.#timer);
    this.#ask();
  }

  /** Ask now, if it is being asked at all. */
  wake() {
    if (this.#running) this.start();
  }

  stop() {
    this.#running = false;
    this.#options.timers.clearTimeout(this.#timer);
  }

  async #ask() {
    const asked = ++this.#asked;
    const answer = await this.#answer();
    if (!this.#running || asked !== this.#asked) return;
    this.#timer = this.#options.timers.setTimeout(() => this.#ask(), EVERY);
    if (answer.events) this.#on.fetched(answer);
    else this.#on.failed(answer.status);
  }

  async #answer() {
    const url = new URL(`api/games/${this.#game}/events?after=${this.#on.after()}`, BASE);
    try {
      const response = await this.#options.fetch(url, { cache: "no-store", signal: AbortSignal.timeout(FETCHED_WITHIN) });
      return response.ok ? await response.json() : { status: response.status };
    } catch {
      return { status: 0 };
    }
  }
}
