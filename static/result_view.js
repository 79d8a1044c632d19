// How a game ended, on a card over the board: it comes once the last disc has been seen, and goes when it is in the way.

import { discIcon } from "./disc.js";
import { find, setAttribute, setText, show } from "./dom.js";
import { winner } from "./game.js";
import { SEATS } from "./seat.js";
import { clock, outcome } from "./words.js";

const SEEN = 1_200; // ms; the last disc has fallen by then, and the four have been looked at

export class ResultView {
  #card = find("result");
  #toggle = find("toggle-result");
  #open = false;
  #live;
  #changed;

  /**
   * `share(button)` hands the result on, `toLive()` leaves the past, `changed()` asks for a render. `news` says that the
   * game has ended just now.
   */
  constructor({ share, toLive, changed, news }) {
    this.#changed = changed;
    find("share").addEventListener("click", ({ currentTarget }) => share(currentTarget));
    find("close-result").addEventListener("click", () => this.#set(false));
    this.#toggle.addEventListener("click", () => {
      toLive();
      this.#set(!this.#open);
    });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.#set(false));
    setTimeout(() => this.#live && this.#set(true), news ? SEEN : 0);
  }

  /** Show how the game of `log` ended while it is looked at as it is, `live`. */
  render(log, live) {
    const over = log.game.status === "finished";
    this.#live = live;
    this.#open &&= over && live;
    show(this.#toggle, over);
    setAttribute(this.#toggle, "aria-expanded", this.#open);
    if (!this.#open && this.#card.contains(document.activeElement)) this.#toggle.focus();
    show(this.#card, this.#open);
    if (this.#open) this.#fill(log);
  }

  #fill({ game, duration }) {
    const won = winner(game);
    const { headline, detail } = outcome(game);
    const high = game.cells.reduce((sum, [, row]) => sum + row, 0) > 2.5 * game.cells.length;
    setAttribute(this.#card, "data-at", high ? "bottom" : "top"); // where the four are not
    setAttribute(this.#card, "data-won", won ?? "nobody");
    const icon = this.#card.querySelector(".icon");
    if (!icon.firstChild) icon.append(...(won ? [won] : SEATS).map(discIcon));
    setText(this.#card.querySelector("h2"), headline);
    setText(this.#card.querySelector("p"), detail);
    setText(find("result-moves"), `${game.moves.length}`);
    setText(find("result-time"), clock(duration));
  }

  #set(open) {
    if (open === this.#open) return;
    this.#open = open;
    this.#changed();
  }
}
