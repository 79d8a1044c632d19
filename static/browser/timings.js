// How long a move took: from the click to its commit, and from there to the screen.

import { say, text } from "../words/text.js";

const systemScreen = {
  now: () => performance.now(),
  /** Calls `run` once what changed just now has been painted; never in a hidden page, where nothing is. */
  painted: (run) => document.hidden || requestAnimationFrame(() => setTimeout(run)),
};

/**
 * When an event was committed is known by the database's clock, and everything else by the page's. The two may differ by
 * hours, so neither is ever taken from the other. Compared are the events' delays, each the difference of the two clocks
 * plus the way from the commit to here: the fastest event of a connection has come in half a round trip, which the page
 * has measured by its own clock, and any other one so much later as its delay is longer.
 */
export class Timings {
  #clicked = new Map(); // command id → when, by the page's clock in ms
  #seen = new Map(); // version → { committed, painted }, by the page's clock in ms
  #changed;
  #screen;
  #fastest = Infinity; // the shortest delay of this connection, in ms
  #rtt = Infinity; // its shortest round trip, in ms

  /** `changed()` is called when there is more to tell. */
  constructor({ changed, screen = systemScreen }) {
    this.#changed = changed;
    this.#screen = screen;
  }

  /** A connection has begun, perhaps to another server and another database. */
  connected() {
    this.#fastest = this.#rtt = Infinity;
  }

  /** A command was given just now. */
  clicked(id) {
    this.#clicked.set(id, this.#screen.now());
  }

  /** A message and its answer took `rtt` ms. */
  roundTrip(rtt) {
    this.#rtt = Math.min(rtt, this.#rtt);
  }

  /** `events` have come just now, and are about to be painted. */
  arrived(events) {
    const start = this.#screen.now();
    const committed = events.map((event) => this.#committed(event, start));
    this.#screen.painted(() => {
      const painted = this.#screen.now();
      performance.measure("event-to-screen", { start, end: painted });
      events.forEach(({ version }, index) => this.#seen.set(version, { committed: committed[index], painted }));
      this.#changed();
    });
  }

  /** How long `event` took, in words. */
  words({ version, command_id }) {
    const seen = this.#seen.get(version);
    if (!seen) return text.tookUnknown;
    const screen = Math.round(seen.painted - seen.committed);
    const clicked = this.#clicked.get(command_id);
    if (clicked === undefined) return say(text.tookTheirs, { screen });
    return say(text.took, { commit: Math.round(seen.committed - clicked), screen });
  }

  /** When the event that came at `arrived` was committed, by the page's clock; never before it was asked for. */
  #committed({ recorded_at, command_id }, arrived) {
    const delay = arrived - Date.parse(recorded_at);
    this.#fastest = Math.min(delay, this.#fastest);
    const way = Number.isFinite(this.#rtt) ? this.#rtt / 2 : 0;
    return Math.max(arrived - way - (delay - this.#fastest), this.#clicked.get(command_id) ?? -Infinity);
  }
}
