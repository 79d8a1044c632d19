// Who plays, who watches, and how far away they are.

import { SEATS } from "../browser/seat.js";
import { score } from "../game/manners.js";
import { isCurrent } from "../game/table.js";
import { say, text } from "../words/text.js";
import { nameOf } from "../words/words.js";
import { find, setAttribute, setText, show } from "./dom.js";

export class PlayersView {
  #spectators = find("spectators");

  render(state) {
    const { presence, log, seat } = state;
    for (const each of SEATS) this.#renderPlayer(each, state);
    setAttribute(this.#spectators, "data-count", presence.spectators);
    setText(this.#spectators.querySelector(".number"), presence.known ? String(presence.spectators) : "–");
    show(find("hint"), seat !== null && log.game.status === "playing");
  }

  #renderPlayer(each, state) {
    const { log: { game }, seat, presence } = state;
    const known = game.version > 0;
    const card = find(`player-${each}`);
    const taken = game.players[each] !== null;
    const level = game.players[each]?.bot?.level; // of the computer, which is always there
    const connected = taken && (Boolean(level) || presence.connected.includes(each));
    setText(card.querySelector(".name"), taken ? nameOf(game, each) : known ? text.emptySeat : "…");
    this.#renderScore(card.querySelector(".score"), score(state, each));
    show(card.querySelector(".you"), each === seat);
    setText(card.querySelector(".presence"), taken && presence.known ? text[connected ? "connected" : "away"] : "");
    const ms = connected && each !== seat ? presence.lag?.[each] : undefined;
    const away = taken && !connected && presence.known;
    const far = ms === undefined ? "" : say(text.lag, { ms });
    setText(card.querySelector(".lag"), level ? text.fork.opponents[`bot:${level}`] : away ? text.away : far);
    show(card.querySelector(".clock"), game.clock !== null); // its time comes with the clocks, see clocks.js
    setAttribute(card, "data-timed", game.clock !== null);
    setAttribute(card, "data-taken", taken);
    setAttribute(card, "data-connected", presence.known ? connected : null);
    setAttribute(card, "data-turn", isCurrent(state) && game.next === each);
  }

  #renderScore(element, points) {
    show(element, points !== null);
    if (points === null) return;
    const whole = Math.floor(points);
    setText(element.querySelector("b"), `${whole || points === 0 ? whole : ""}${points > whole ? "½" : ""}`);
  }
}
