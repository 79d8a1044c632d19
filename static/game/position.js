// A position, as `{ mine, theirs, left }` for the player to move, and its value. Mirrors server/game/position.py, which explains
// the scores. Pure.

import { COLUMNS } from "./game.js";
import { CELLS, highPart, lowPart } from "./lines.js";

/** The score of a position with `left` empty cells as `{ outcome, plies }`. */
export function valueOf(score, left) {
  if (score > 0) return { outcome: 1, plies: left + 1 + (left % 2) - 2 * score };
  if (score < 0) return { outcome: -1, plies: left + 2 - (left % 2) + 2 * score };
  return { outcome: 0, plies: left };
}

/** The score of a position with `left` empty cells that has this value. */
export const scoreOf = ({ outcome, plies }, left) => outcome * ((left + 2 - plies) >> 1);

/** The position after `moves`. Throws a RangeError where they cannot be made. */
export function positionAfter(moves) {
  let position = { mine: [0, 0], theirs: [0, 0], left: CELLS };
  for (const move of moves) {
    position = afterDrop(position, Number(move) - 1);
    if (!position) throw new RangeError(`no disc can be dropped in column ${move}`);
  }
  return position;
}

/** The position after a disc in `column`; null where there is no such column, or it is full. */
export function afterDrop({ mine, theirs, left }, column) {
  const bottom = [lowPart(column, 0), highPart(column, 0)];
  const disc = [0, 1].map((half) => ((mine[half] | theirs[half]) + bottom[half]) & (bottom[half] * 0b111111));
  if (!(column >= 0 && column < COLUMNS) || !(disc[0] | disc[1])) return null;
  return { mine: theirs, theirs: [mine[0] | disc[0], mine[1] | disc[1]], left: left - 1 };
}
