// How long a move took: from the click to its commit, and from there to the screen.

import { say, text } from "./text.js";

export class Timings {
  #clicked = new Map(); // command id → when, in ms of performance.now()
  #seen = new Map(); // version → { committed, painted }
  #changed;
  #offset = null; // how far the server's clock is ahead of performance.now(), in ms
  #rtt = Infinity;

  /** `changed()` is called when there is more to tell. */
  constructor({ changed }) {
    this.#changed = changed;
  }

  /** A command was given just now. */
  clicked(id) {
    this.#clicked.set(id, performance.now());
  }

  /** The server's clock said `time` in the middle of `rtt` ms that end now. The shortest of them is the truest. */
  clock(time, rtt) {
    if (rtt > this.#rtt) return;
    this.#rtt = rtt;
    this.#offset = Date.parse(time) - performance.now() + rtt / 2;
  }

  /** `events` have come just now, and are about to be painted. */
  arrived(events) {
    if (document.hidden) return; // nothing is painted
    const start = performance.now();
    requestAnimationFrame(() =>
      setTimeout(() => {
        const painted = performance.now();
        performance.measure("event-to-screen", { start, end: painted });
        for (const { version, recorded_at } of events) {
          const committed = this.#offset === null ? start : Math.min(start, Date.parse(recorded_at) - this.#offset);
          this.#seen.set(version, { committed, painted });
        }
        this.#changed();
      }),
    );
  }

  /** How long `event` took, in words. */
  words({ version, command_id }) {
    const seen = this.#seen.get(version);
    if (!seen) return text.tookUnknown;
    const screen = Math.round(seen.painted - seen.committed);
    const clicked = this.#clicked.get(command_id);
    if (clicked === undefined) return say(text.tookTheirs, { screen });
    return say(text.took, { commit: Math.max(0, Math.round(seen.committed - clicked)), screen });
  }
}
