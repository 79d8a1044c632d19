// The tabs of this browser that have the same game open, and which of them holds which seat.

import { uuid } from "../wire/ids.js";

export const WAIT = 150; // ms; another tab that lives answers in a few

/** Two tabs must not take one remembered seat: who comes without a seat asks the others first. */
export class Tabs {
  #id;
  #channel;
  #setTimeout;
  #holds = null;
  #asking = false;
  #held = new Set();
  #before = new Set();

  /** Is called when another tab holds the seat that this one does. */
  onRival = () => {};

  constructor(game, { channel = broadcast(game), id = uuid(), setTimeout = globalThis.setTimeout } = {}) {
    this.#id = id;
    this.#channel = channel;
    this.#setTimeout = setTimeout;
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
    await new Promise((resolve) => this.#setTimeout.call(globalThis, resolve, WAIT));
    this.#asking = false;
    const free = remembered.filter(({ seat }) => !this.#held.has(seat));
    return free[this.#before.size] ?? null;
  }

  /** This tab holds `seat` from now on; null for none. */
  hold(seat) {
    this.#holds = seat;
    if (seat) this.#say("held");
  }

  #hear({ type, id, seat }) {
    if (type === "held") {
      this.#held.add(seat);
      this.#before.delete(id);
      if (seat === this.#holds) this.onRival();
    } else if (this.#holds) {
      this.#say("held");
    } else if (this.#asking && !this.#before.has(id)) {
      if (id < this.#id) this.#before.add(id);
      else this.#say("who"); // it may have come too late to hear that we were first
    }
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
