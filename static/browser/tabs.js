// The tabs of this browser that have the same game open, and which of them plays which seat.

import { uuid } from "../wire/ids.js";

export const WAIT = 150; // ms; another tab that lives answers in a few

/** One seat is played in one tab: who comes without a seat asks the others first, and who brings one yields to who had it. */
export class Tabs {
  #id;
  #channel;
  #setTimeout;
  #holds = null;
  #longSince = false; // whether it has held the seat for a while
  #asking = false;
  #held = new Set();
  #before = new Set();

  /** Is called when another tab has come with our seat, and yields. */
  onRival = () => {};
  /** Is called when our seat is played in another tab from now on. */
  onTaken = () => {};

  constructor(game, { channel = broadcast(game), id = uuid(), setTimeout = globalThis.setTimeout } = {}) {
    this.#id = id;
    this.#channel = channel;
    this.#setTimeout = (run, ms) => setTimeout.call(globalThis, run, ms);
    if (channel) channel.onmessage = ({ data }) => this.#hear(data);
  }

  /**
   * The one of `remembered` (`[{ seat, token }]`) for this tab to take, or null: the first that no other tab holds.
   * Of several tabs that ask at the same moment, as when a browser restores them, the lowest id chooses first.
   */
  async choose(remembered) {
    if (!remembered.length) return null;
    this.#asking = true;
    this.#say("who");
    await new Promise((resolve) => this.#setTimeout(resolve, WAIT));
    this.#asking = false;
    const free = remembered.filter(({ seat }) => !this.#held.has(seat));
    return free[this.#before.size] ?? null;
  }

  /** This tab holds `seat` from now on; null for none. */
  hold(seat) {
    this.#holds = seat;
    this.#longSince = false;
    if (!seat) return;
    this.#setTimeout(() => (this.#longSince = this.#holds === seat), WAIT);
    this.#say("held");
  }

  /** This tab holds `seat` from now on, whichever did before. */
  takeOver(seat) {
    this.#holds = seat;
    this.#say("taken");
    this.hold(seat);
  }

  #hear({ type, id, seat }) {
    if (type === "held") this.#hearOf(seat, id);
    else if (type === "mine" || type === "taken") this.#lose(seat);
    else if (this.#holds) this.#say("held");
    else if (this.#asking && !this.#before.has(id)) {
      if (id < this.#id) this.#before.add(id);
      else this.#say("who"); // it may have come too late to hear that we were first
    }
  }

  /** The tab `id` holds `seat`. */
  #hearOf(seat, id) {
    this.#held.add(seat);
    this.#before.delete(id);
    if (seat !== this.#holds) return;
    const first = this.#longSince || this.#id < id;
    this.#say(first ? "mine" : "held"); // who is not first has the other one say so
    if (first) this.onRival();
  }

  #lose(seat) {
    if (seat !== this.#holds) return;
    this.#holds = null;
    this.onTaken();
  }

  #say(type) {
    this.#channel?.postMessage({ type, id: this.#id, seat: this.#holds });
  }
}

function broadcast(game) {
  try {
    return new BroadcastChannel(`connect4.${game}`);
  } catch {
    return null; // there is none, or the browser blocks it together with site data
  }
}
