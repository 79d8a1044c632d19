// The seats that this browser holds tokens for. A token is a secret: it goes to storage and to the socket, nowhere else.

import { storage } from "./storage.js";

export const SEATS = ["yellow", "red"];

/**
 * The tokens of one game. The tab's own is in sessionStorage and survives a reload; each seat's is in localStorage
 * besides, so that closing the tab and coming back takes the seat again.
 */
export class Tokens {
  #game;
  #local;
  #session;

  constructor(game, { local = storage("localStorage"), session = storage("sessionStorage") } = {}) {
    this.#game = game;
    this.#local = local;
    this.#session = session;
  }

  /** The seat that this tab holds, as `{ seat, token }`, or null. */
  get own() {
    const kept = this.#session.getItem(this.#ownKey);
    return kept && JSON.parse(kept);
  }

  /** Every seat of this game that the browser has a token for, as `[{ seat, token }]`, yellow first. */
  get remembered() {
    return SEATS.map((seat) => ({ seat, token: this.#local.getItem(this.#key(seat)) })).filter(({ token }) => token);
  }

  /** This tab holds `seat` from now on. */
  take({ seat, token }) {
    this.#session.setItem(this.#ownKey, JSON.stringify({ seat, token }));
    this.#local.setItem(this.#key(seat), token);
  }

  /** The server does not know the tab's token any more. */
  forget() {
    const { own } = this;
    if (!own) return;
    this.#session.removeItem(this.#ownKey);
    // Another tab may have taken the seat anew in the meantime.
    if (this.#local.getItem(this.#key(own.seat)) === own.token) this.#local.removeItem(this.#key(own.seat));
  }

  get #ownKey() {
    return `connect4.own.${this.#game}`;
  }

  #key(seat) {
    return `connect4.token.${this.#game}.${seat}`;
  }
}
