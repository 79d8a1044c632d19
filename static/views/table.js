// What stands around the board: who plays, who watches, whose turn it is, and how the connection does.

import { find, setAttribute, setText, show } from "./dom.js";
import { discIcon } from "./disc.js";
import { SEATS } from "../browser/seat.js";
import { say, text } from "../words/text.js";
import { nameOf, played } from "../words/words.js";

const NOTICE = 4_000; // ms

export class TableView {
  #status = find("status");
  #headline = this.#status.querySelector(".headline");
  #detail = this.#status.querySelector(".detail");
  #icon = this.#status.querySelector(".icon");
  #live = find("live");
  #newGame = find("new-game");
  #notice = null;
  #usual = "";
  #over = false;

  /**
   * Show who plays the game of `log`, and what is going on, `now` (see words.js), for who sits at `seat`: `live`, or in
   * the past. `kept` says that a move waits for the connection.
   */
  render(log, { now, live, seat, presence, kept = false }) {
    const { game } = log;
    setText(this.#headline, now.headline);
    this.#usual = kept ? text.moveKept : now.detail;
    if (game.result && !this.#over) this.#forgetNotice();
    this.#over = Boolean(game.result);
    this.#renderDetail();
    this.#renderIcon(now.tone);
    setAttribute(this.#status, "data-tone", now.tone ?? "none");
    setAttribute(this.#status, "data-mine", now.mine);
    show(this.#newGame, this.#over);
    this.#renderResult(log, this.#over && live);
    show(find("hint"), seat !== null && game.status === "playing");
    for (const each of SEATS) this.#renderPlayer(game, each, { seat, presence });
    const spectators = find("spectators");
    setAttribute(spectators, "data-count", presence.spectators);
    setText(spectators.querySelector(".number"), String(presence.spectators));
  }

  /** Show how the connection does: "connecting", "live", "reconnecting" or "gone", and its way there and back in ms. */
  renderConnection(state, rtt = null) {
    const connection = find("connection");
    setAttribute(connection, "data-state", state);
    setText(connection.querySelector(".words"), text.connection[state]);
    setText(find("lag"), state === "live" && rtt !== null ? say(text.lag, { ms: Math.round(rtt) }) : "");
  }

  /** Read `words` out. */
  announce(words) {
    if (this.#live.textContent === words) this.#live.textContent = ""; // the same again is news, too
    setText(this.#live, words);
  }

  /** Say `words` for a while in place of the usual detail, and read them out. */
  notify(words) {
    this.#forgetNotice();
    this.#notice = { words, timer: setTimeout(() => this.#forgetNotice(), NOTICE) };
    this.announce(words);
    this.#renderDetail();
  }

  #forgetNotice() {
    clearTimeout(this.#notice?.timer);
    this.#notice = null;
    this.#renderDetail();
  }

  #renderDetail() {
    setText(this.#detail, this.#notice?.words ?? this.#usual);
    setAttribute(this.#status, "data-notice", this.#notice !== null);
  }

  #renderIcon(tone) {
    if (this.#icon.dataset.disc === (tone ?? "")) return;
    this.#icon.dataset.disc = tone ?? "";
    this.#icon.replaceChildren(...(tone ? [discIcon(tone)] : []));
  }

  /** What is known of a game that is over, besides who won it and how. */
  #renderResult(log, shown) {
    setAttribute(this.#status, "data-over", shown);
    setText(find("played"), shown ? played(log) : "");
    show(find("pass-on"), shown);
  }

  #renderPlayer(game, each, { seat, presence }) {
    const card = find(`player-${each}`);
    const taken = game.players[each] !== null;
    const connected = taken && presence.connected.includes(each);
    setText(card.querySelector(".name"), taken ? nameOf(game, each) : text.emptySeat);
    show(card.querySelector(".you"), each === seat);
    setText(card.querySelector(".presence"), taken ? text[connected ? "connected" : "away"] : "");
    const ms = connected && each !== seat ? presence.lag?.[each] : undefined;
    const away = taken && !connected && presence.known;
    setText(card.querySelector(".lag"), away ? text.away : ms === undefined ? "" : say(text.lag, { ms }));
    setAttribute(card, "data-taken", taken);
    setAttribute(card, "data-connected", connected);
    setAttribute(card, "data-turn", game.next === each);
  }
}
