// Waiting for an opponent, on the start page: the seat's socket is open, so that the next one who plays now is led to it.

import { text, say } from "../words/text.js";
import { SOCKETS } from "../wire/base.js";
import { Connection, NO_SUCH_GAME } from "../wire/connection.js";
import { find, setText } from "./dom.js";

const title = document.title;

/** A length of time in words: "9 s", "2 min". */
export function spanIn(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 100 ? say(text.seconds, { n: seconds }) : say(text.minutes, { n: Math.ceil(seconds / 60) });
}

export class Waiting {
  #connection;
  #since;
  #timer;
  #done;

  /** Wait at `seat`, `{ game, token, since }`. `done("found")`, `done("ended")` or `done("failed")` is called at its end. */
  constructor(seat, done) {
    this.#since = seat.since;
    this.#done = done;
    this.#connection = new Connection({
      url: (after) => `${SOCKETS}ws/games/${seat.game}?after=${after}`,
      on: {
        events: (events) => events.forEach(({ type }) => this.#hear(type)),
        gone: (code) => this.#end(code === NO_SUCH_GAME ? "failed" : "ended"),
        outdated: () => this.#end("failed"),
      },
    });
    this.#connection.authenticate(seat.token);
    this.#connection.open();
    this.#timer = setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  /** Wait no longer. */
  cancel() {
    this.#connection.send({ type: "abort" });
  }

  /** The network or the page has changed. */
  wake() {
    this.#connection.wake();
  }

  #hear(type) {
    if (type === "GameStarted") this.#end("found");
    else if (type === "GameAborted" || type === "GameFinished") this.#end("ended");
  }

  #end(how) {
    if (!this.#done) return;
    const done = this.#done;
    this.#done = null;
    clearInterval(this.#timer);
    this.#connection.close();
    document.title = how === "found" ? text.lobby.found : title;
    done(how);
  }

  #tick() {
    setText(find("waited"), say(text.lobby.waited, { time: spanIn(Date.now() - this.#since) }));
    if (document.hidden) document.title = text.lobby.searching;
    else document.title = title;
  }
}
