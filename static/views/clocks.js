// The clocks of a game that has some, beside the names.

import { SEATS } from "../browser/seat.js";
import { running } from "../game/clock.js";
import { figures, leftTo, lowBelow, untilNext } from "../game/face.js";
import { isLive, lookedAt } from "../game/recorder.js";
import { text } from "../words/text.js";
import { find, setAttribute, setText } from "./dom.js";

export class Clocks {
  #timer;
  #state;
  #now;
  #low;
  #told = false; // whether it was heard that our time is low

  /** `now(state)` is the server's time, or null; `low()` is called when our time becomes low. */
  constructor({ now, low }) {
    this.#now = now;
    this.#low = low;
    // The timers of a hidden page are late.
    document.addEventListener("visibilitychange", () => this.#state && this.render(this.#state));
  }

  render(state) {
    this.#state = state;
    clearTimeout(this.#timer);
    const live = isLive(state);
    const game = state.log.at(lookedAt(state));
    if (!game.clock) return;
    const now = live ? this.#now(state) : null;
    const runs = now === null ? null : running(game);
    for (const seat of SEATS) this.#renderClock(seat, leftTo(game, seat, now), { game, runs: seat === runs });
    if (!runs) return;
    const left = leftTo(game, runs, now);
    if (runs === state.seat) this.#warn(left, game.clock);
    if (left > 0) this.#timer = setTimeout(() => this.render(this.#state), untilNext(left));
  }

  #renderClock(seat, ms, { game, runs }) {
    const clock = find(`player-${seat}`).querySelector(".clock");
    setText(clock.querySelector(".figures"), figures(ms));
    setText(clock.querySelector(".hidden"), runs ? text.clockRuns : text.clockStands);
    setAttribute(clock, "data-running", runs);
    setAttribute(clock, "data-low", game.status === "playing" && ms < lowBelow(game.clock));
  }

  /** Our time is low: that is heard once, until there is more again. */
  #warn(left, terms) {
    const low = left < lowBelow(terms);
    if (low && !this.#told) this.#low();
    this.#told = low;
  }
}
