// A small board of a game that goes on: discs drop as they are made.

import { COLUMNS, ROWS } from "../game/game.js";
import { svg } from "./dom.js";
import { fall } from "./fall.js";
import { disc } from "./disc.js";

const SIZE = 100; // of a cell
const spots = Array.from({ length: COLUMNS * ROWS }, (_, at) => [at % COLUMNS, Math.floor(at / COLUMNS)]);
const translated = (column, row) => `translate(${SIZE * (column + 0.5)} ${SIZE * (ROWS - row - 0.5)})`;

export class LivingBoard {
  #moves = "";
  #discs = svg("g");

  /** It says nothing: the words beside it do. */
  element = svg(
    "svg",
    { class: "living-board", viewBox: `-12 -12 ${SIZE * COLUMNS + 24} ${SIZE * ROWS + 24}`, "aria-hidden": "true" },
    svg("rect", { x: -12, y: -12, width: SIZE * COLUMNS + 24, height: SIZE * ROWS + 24, rx: 40 }),
    ...spots.map(([column, row]) => svg("circle", { class: "well", r: 41, transform: translated(column, row) })),
    this.#discs,
  );

  /** Show the game after `moves`, columns from 1. Discs fall where they come to what is shown. */
  render(moves) {
    if (moves === this.#moves) return;
    const goesOn = moves.startsWith(this.#moves);
    const shown = goesOn ? this.#moves.length : 0;
    if (!goesOn) this.#discs.replaceChildren();
    const heights = Array(COLUMNS).fill(0);
    [...moves].forEach((digit, number) => {
      const column = digit - 1;
      const row = heights[column]++;
      if (number < shown) return;
      const drawn = disc(number % 2 ? "red" : "yellow");
      this.#discs.append(svg("g", { transform: translated(column, row) }, drawn));
      if (goesOn && shown) fall(drawn, row);
    });
    this.#moves = moves;
  }
}
