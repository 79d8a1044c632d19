// The seats that this browser holds tokens for. A token is a secret: it goes to what the browser keeps and to the socket,
// nowhere else.

import { fromEntry, keepInEntry } from "./entry.js";
import { storage } from "./storage.js";

export const SEATS = ["yellow", "red"];

const OWN = "own"; // in the history entry: { game, seat, token }

/**
 * The tokens of one game. The tab's own is in sessionStorage and survives a reload; each seat's is in localStorage
 * besides, so that closing the tab and coming back takes the seat again. Where the browser keeps neither, the tab's own
 * is in its history entry.
 */
export class Tokens {
  #game;
  #local;
  #session;
  #entry;

  constructor(
    game,
    { local = storage("localStorage"), session = storage("sessionStorage"), kept = { fromEntry, keepInEntry } } = {},
  ) {
    this.#game = game;
    this.#local = local;
    this.#session = session;
    this.#entry = kept;
  }

  /** The seat that this tab holds, as `{ seat, token }`, or null. */
  get own() {
    const kept = this.#session.getItem(this.#ownKey);
    if (kept) return JSON.parse(kept);
    const { game, seat, token } = this.#entry.fromEntry(OWN) ?? {};
    return game === this.#game ? { seat, token } : null;
  }

  /** Every seat of this game that the browser has a token for, as `[{ seat, token }]`, yellow first. */
  get remembered() {
    return SEATS.map((seat) => ({ seat, token: this.#local.getItem(this.#key(seat)) })).filter(({ token }) => token);
  }

  /** This tab holds `seat` from now on. Returns whether the browser keeps that when the tab is closed. */
  take({ seat, token }) {
    if (!this.#session.setItem(this.#ownKey, JSON.stringify({ seat, token }))) {
      this.#entry.keepInEntry(OWN, { game: this.#game, seat, token });
    }
    return this.#local.setItem(this.#key(seat), token);
  }

  /** This tab holds no seat any more; the browser still knows the token. */
  leave() {
    this.#session.removeItem(this.#ownKey);
    if (this.#entry.fromEntry(OWN)) this.#entry.keepInEntry(OWN, undefined);
  }

  /** The server does not know the tab's token any more. */
  forget() {
    const { own } = this;
    if (!own) return;
    this.leave();
    // Another tab may have taken the seat anew in the meantime.
    if (this.#local.getItem(this.#key(own.seat)) === own.token) this.#local.removeItem(this.#key(own.seat));
  }

  get #ownKey() {
    return `connect4.own.${this.#game}`;
  }

  #key(seat) {
    return tokenKey(this.#game, seat);
  }
}

/** Where the browser keeps what opens `seat`: its token, or the secret of the player who sits there. */
export const tokenKey = (game, seat) => `connect4.token.${game}.${seat}`;
