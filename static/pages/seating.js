// Who sits here: a seat is taken from the invitation or from what the browser keeps, and is played in one tab at a time.

import { fromEntry, keepInEntry, rewriteAddress } from "../browser/entry.js";
import { asPlayer } from "../browser/player.js";
import { Tokens } from "../browser/seat.js";
import { rememberName, rememberedName } from "../browser/storage.js";
import { Tabs } from "../browser/tabs.js";
import * as table from "../game/table.js";
import { joinGame, newRequest } from "../wire/api.js";

const JOINING = "joining"; // in the history entry: the request that has no answer yet
const TOLD = "told"; // in the history entry: that the browser keeps no seat

export class Seating {
  #game;
  #store;
  #connection;
  #tokens;
  #tabs;
  #spare = null; // the seat that is ours, but played in another tab

  constructor(game, { store, connection }) {
    this.#game = game;
    this.#store = store;
    this.#connection = connection;
    this.#tokens = new Tokens(game);
    this.#tabs = new Tabs(game);
    this.#tabs.onRival = store.on(table.rival);
    this.#tabs.onTaken = () => {
      this.#leave(this.#tokens.own);
      if (connection.state === "live") connection.open(); // as who watches
    };
  }

  /** Take the seat that this tab had, if it had one. Returns whether it did. */
  resume() {
    const { own } = this.#tokens;
    if (own) this.#take(own);
    return own !== null;
  }

  /** Take a seat that this browser has had, unless another tab plays it. */
  async comeBack() {
    const held = await this.#tabs.choose(this.#tokens.remembered);
    if (this.held || this.#store.state.joining) return; // somebody was faster
    const [other] = this.#tokens.remembered;
    if (held) this.#take(held);
    else if (other) this.#leave(other);
    else if (fromEntry(JOINING)) this.join(rememberedName());
  }

  /** Take the free seat under `name`. */
  async join(name) {
    const { state } = this.#store;
    if (state.joining) return;
    if (state.stuck) return this.#update(table.tell, "outOfReach");
    rememberName(name);
    this.#update(table.join, true);
    const asked = fromEntry(JOINING) ?? newRequest();
    keepInEntry(JOINING, asked); // an answer that was lost is asked for again, after a reload too
    try {
      this.#take(await asPlayer(name, (secret) => joinGame(this.#game, { name, ...asked }, { secret })));
      rewriteAddress(location.pathname); // who came to watch plays now, after a reload too
    } catch ({ code }) {
      this.#update(table.tell, "problem", { code });
      if (code === "unreachable") return this.#update(table.join, false);
    }
    keepInEntry(JOINING, undefined);
    this.#update(table.join, false);
  }

  /** Say whether the free seat is `declined`. */
  decline(declined) {
    keepInEntry(JOINING, undefined);
    this.#update(table.decline, declined);
  }

  /** The seat that this tab plays, `{ seat, token }`, or null. */
  get held() {
    return this.#tokens.own;
  }

  /** Play our seat here, and no more in the other tab. */
  playHere() {
    this.#tabs.takeOver(this.#spare.seat);
    this.#take(this.#spare);
  }

  /** The server does not know our token any more. */
  forget() {
    this.#tokens.forget();
    this.#take(null);
  }

  /** Take the seat of `held`, `{ seat, token }`; null is for watching. */
  #take(held) {
    if (held && !this.#tokens.take(held) && !fromEntry(TOLD)) {
      keepInEntry(TOLD, true);
      this.#update(table.tell, "notKept");
    }
    this.#tabs.hold(held?.seat ?? null);
    this.#connection.authenticate(held?.token ?? null);
    this.#update(table.sit, held?.seat ?? null);
  }

  /** Our seat, `held`, is played in another tab. */
  #leave(held) {
    this.#spare = held;
    this.#tokens.leave();
    this.#connection.authenticate(null);
    this.#update(table.yieldTo, held.seat);
  }

  #update(change, ...what) {
    this.#store.on(change)(...what);
  }
}
