// One's games under way, as a strip of cards: those that wait for a move of one's own first.

import { isTurn } from "../browser/my_games.js";
import { pageOf } from "../wire/base.js";
import { say, text } from "../words/text.js";
import { find, setAttribute, setText, show } from "./dom.js";
import { LivingBoard } from "./living_board.js";
import { make } from "./make.js";

export class OwnGames {
  #cards = new Map(); // by the game's id
  #open;
  #games = [];

  /** `open(mine)` is called when one is to be played. */
  constructor({ open }) {
    this.#open = open;
  }

  /** Show `games`, as browser/my_games.js has them. */
  render(games) {
    this.#games = games;
    const list = find("my-games");
    for (const [id, card] of this.#cards) {
      if (games.some(({ entry }) => entry.game === id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    const fresh = !this.#cards.size;
    for (const mine of games) {
      let card = this.#cards.get(mine.entry.game);
      if (!card) {
        card = this.#make();
        this.#cards.set(mine.entry.game, card);
        list.append(card.element); // at the end: those that are there stay where they are
      }
      card.render(mine);
    }
    if (fresh) list.scrollLeft = 0;
    show(find("none-mine"), !games.length);
    if (games.length) show(find("mine"), true);
  }

  /** Whether `player` sits in one of the games that are shown. */
  shows(player) {
    return JSON.stringify(this.#games).includes(player);
  }

  #make() {
    const board = new LivingBoard();
    const against = make("bdi", { class: "who" });
    const turn = make("b", { class: "turn" });
    const link = make("a", { class: "my-game card", "data-testid": "my-game" }, make("span", { class: "frame" }, board.element), make("span", { class: "about" }, against, turn));
    const element = make("li", {}, link);
    let shown = null;
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.#open(shown);
    });
    const render = (mine) => {
      shown = mine;
      const { entry, seat } = mine;
      link.href = pageOf(entry.game);
      link.dataset.game = entry.game;
      board.render(entry.moves);
      const other = entry.players[seat === "yellow" ? "red" : "yellow"];
      setText(against, say(text.lobby.against, { name: other?.name ?? text.lobby.nobodyYet }));
      setAttribute(link, "data-turn", isTurn(mine) || null);
      setText(turn, entry.status === "waiting" ? text.lobby.youWait : isTurn(mine) ? text.lobby.yourTurn : text.lobby.theirTurn);
    };
    return { element, render };
  }
}
