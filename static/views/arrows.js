// Arrows on the board: where a better disc would have gone, and where the one that was played went.

import { ROWS, landing } from "../game/game.js";
import { place } from "./board.js";
import { find, svg } from "./dom.js";

const HEAD = "M-22-22 0 8 22-22";

export class Arrows {
  #layer = svg("g", { class: "arrows" });
  #shown = "";

  constructor() {
    find("board").querySelector("svg").append(this.#layer);
  }

  /** Show arrows down `columns` of `game`, and a ring where the disc of the column `played` lands, or none where that is null. */
  render(game, columns = [], played = null) {
    const wanted = game ? [game.moves, columns, played].join("/") : "";
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.#layer.replaceChildren(
      ...(played === null ? [] : [place(svg("circle", { class: "played-ring", r: 35 }), played, landing(game, played))]),
      ...columns.map((column) => place(arrow(landing(game, column)), column, landing(game, column))),
    );
  }
}

/** An arrow from the top of the board to the middle of a cell in `row`. */
function arrow(row) {
  const d = `M0 ${-100 * (ROWS - 1 - row) - 40}V0${HEAD}`;
  return svg("g", {}, svg("path", { class: "arrow edge", d }), svg("path", { class: "arrow", d }));
}
