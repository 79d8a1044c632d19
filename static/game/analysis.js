// What each move of a game did to the value of the position, from the values that solver.js found. Pure.

/**
 * A mark for each move, from its `moves` ("4453") and the position's `values`, the one before move n at n: `{ outcome, plies }`
 * for the player to move, or null where it is not solved. `best` has, at n, the columns that were better, or null.
 *
 * A mark is `{ kind, from, to, by, missed }`, where `from` and `to` are the outcomes before and after the move, 1, 0 or -1 for
 * the player who made it:
 * - "unknown": one of the two positions is not solved; all else is null.
 * - "kept": as good as any other.
 * - "slower": still won, `by` plies later than need be. "sooner": still lost, `by` plies sooner.
 * - "lost": the outcome is worse than it could have been; `missed` has the columns that would have kept it.
 */
export function marks(moves, values, best = []) {
  return [...moves].map((_, ply) => mark(values[ply], values[ply + 1], best[ply]));
}

const UNKNOWN = { kind: "unknown", from: null, to: null, by: null, missed: [] };

function mark(before, after, better) {
  if (!before || !after) return UNKNOWN;
  const [from, to] = [before.outcome, 0 - after.outcome];
  if (to < from) return { kind: "lost", from, to, by: 0, missed: better ?? [] };
  const later = after.plies + 1 - before.plies;
  if (from === 0 || later === 0) return { kind: "kept", from, to, by: 0, missed: [] };
  return { kind: from > 0 ? "slower" : "sooner", from, to, by: Math.abs(later), missed: better ?? [] };
}

/** The first move after which the loser could not have held the game any more, as an index into `marks`; null if unknown. */
export function turningPoint(marks) {
  const last = marks.findLastIndex(({ kind }) => kind === "lost");
  return last >= 0 && marks.slice(last).every(({ kind }) => kind !== "unknown") ? last : null;
}

/**
 * The curve over a game: for each position a number from -1 (red wins at once) by 0 (drawn) to 1 (yellow wins at once), or null
 * where it is not solved. A win that is certain is beyond a half, however far away.
 */
export function curve(values) {
  return values.map((value, ply) => {
    if (!value) return null;
    const yellow = ply % 2 ? -1 : 1;
    return value.outcome === 0 ? 0 : yellow * value.outcome * (1 - value.plies / FAR);
  });
}

const FAR = 84; // plies: twice the cells of the board
