// A small board: a picture of a position, without anything to press.

import { discAt, evolve, initial, COLUMNS, ROWS } from "../game/game.js";
import { svg } from "./dom.js";

/** The position after `moves`, columns from 1. */
export const positionAfter = (moves) =>
  [...moves].reduce((game, column) => evolve(game, { type: "MoveMade", data: { column: column - 1 } }), { ...initial(), status: "playing" });

/** The position `game`, with a mark on `cells`, `[column, row]` each. It says nothing: the words beside it do. */
export function smallBoard(game, cells = []) {
  const discs = [];
  for (let column = 0; column < COLUMNS; column++) {
    for (let row = 0; row < ROWS; row++) {
      const at = { cx: column * 10 + 6, cy: (ROWS - 1 - row) * 10 + 6 };
      const seat = discAt(game, column, row);
      const won = cells.some(([c, r]) => c === column && r === row);
      discs.push(svg("circle", { ...at, r: 4.2, class: `${seat ?? "empty"}${won ? " won" : ""}` }));
      if (seat === "red") discs.push(svg("circle", { ...at, r: 1.6, class: "core" })); // not by colour alone
    }
  }
  return svg("svg", { class: "small-board", viewBox: "0 0 72 62", "aria-hidden": "true" }, svg("rect", { width: 72, height: 62, rx: 4 }), ...discs);
}

/** The cells of each four in a row, or more, that the last move made in `game`. */
export function foursIn(game) {
  const column = Number(game.moves.at(-1)) - 1;
  const seatAt = (c, r) => (c >= 0 && c < COLUMNS && r >= 0 && r < ROWS ? discAt(game, c, r) : null);
  let row = ROWS - 1;
  while (row > 0 && !seatAt(column, row)) row--;
  const seat = seatAt(column, row);
  return [[1, 0], [0, 1], [1, 1], [1, -1]].flatMap(([right, up]) => {
    const line = [[column, row]];
    for (const way of [1, -1]) {
      for (let n = way; seat && seatAt(column + n * right, row + n * up) === seat; n += way) line.push([column + n * right, row + n * up]);
    }
    return line.length < 4 ? [] : line;
  });
}
