// What is said at length, when it is asked for: the whole board, and what an event does.

import { COLUMNS, ROWS, discAt, lastMove } from "../game/game.js";
import { say, text } from "./text.js";
import { nameOf, sentence } from "./words.js";

/** The board of `game`, column by column from the bottom, and what is going on, `now` (see words.js). */
export function boardRead(game, now) {
  const columns = [];
  for (let column = 0; column < COLUMNS; column++) {
    const discs = [];
    for (let row = 0; row < ROWS; row++) {
      const there = discAt(game, column, row);
      if (there) discs.push(text.seat[there]);
    }
    if (discs.length) columns.push(say(text.columnRead, { column: column + 1, discs: discs.join(", ") }));
  }
  return say(text.boardRead, { columns: columns.join(" ") || text.boardEmpty, status: sentence(now.headline) });
}

/** What `event` of `log` does to the state, in a line. */
export function explained(event, log) {
  const { type, data, version } = event;
  const actor = log.actor(event);
  const { seat, column, row } = (type === "MoveMade" && lastMove(log.at(version))) || { ...data, seat: data.seat ?? actor };
  return say(text.does[type], {
    seat: text.seatInSentence[seat],
    name: data.name || (actor ? nameOf(log.game, actor) : text.seat[seat]),
    n: data.number,
    column: column + 1,
    row: row + 1,
  });
}
