// The connection to the lobby, kept up while the page is seen. A state, not a log: each socket tells everything anew. No DOM.

import { ask } from "./api.js";
import { Attempt } from "./attempt.js";
import { backoff } from "./backoff.js";

const STEADY = 5_000; // ms; a connection that lived so long starts the backoff afresh

const realTimers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
};

/** Play now: `{ game, seat, token, url, matched }`. `options` are those of POST /api/matches. Throws Problem. */
export const playNow = (options, how) => ask("api/matches", options, how);

export class LobbyConnection {
  #url;
  #on;
  #timers;
  #random;
  #WebSocket;
  #attempt = null;
  #failures = 0;
  #whole = false; // whether the next `games` has everything

  /**
   * `on.games({ games, gone }, whole)`, `on.counts({ players, games, wait_ms })`, `on.forgotten({ player })` and `on.lost()` are
   * called.
   */
  constructor({ url, on, WebSocket = globalThis.WebSocket, timers = realTimers, random = Math.random }) {
    this.#url = url;
    this.#on = on;
    this.#WebSocket = WebSocket;
    this.#timers = timers;
    this.#random = random;
  }

  /** Connect, unless there is a connection or an attempt already. */
  open() {
    if (this.#attempt) return;
    this.#attempt = new Attempt({
      timers: this.#timers,
      on: { message: (message) => this.#hear(message), lost: () => this.#lose() },
    });
    this.#whole = true;
    this.#attempt.connect(this.#url, this.#WebSocket);
  }

  /** Stop, until it is opened again. */
  close() {
    this.#attempt?.end();
    this.#attempt = null;
  }

  #hear(message) {
    if (message.type === "welcome") this.#attempt.welcome();
    else if (message.type === "counts") this.#on.counts(message);
    else if (message.type === "forgotten") this.#on.forgotten(message);
    else if (message.type === "games") {
      this.#on.games(message, this.#whole);
      this.#whole = false;
    }
  }

  #lose() {
    const { welcomedAt } = this.#attempt;
    if (welcomedAt !== null && this.#timers.now() - welcomedAt >= STEADY) this.#failures = 0;
    this.close();
    const waiting = new Attempt({ timers: this.#timers, on: {} });
    this.#attempt = waiting;
    waiting.start("retry", backoff(this.#failures++, this.#random), () => {
      this.#attempt = null;
      this.open();
    });
    this.#on.lost();
  }
}
