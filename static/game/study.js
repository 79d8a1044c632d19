// An analysis of a game as it goes on: which positions are solved, and what that says of the moves. Pure: each function here
// takes a study and returns the one after something has happened.

import { marks } from "./analysis.js";

/** Nodes for each position at first, and when one asks for more. */
const NODES = [4_000_000, 60_000_000];

/** The study of a log whose game is over: of the moves that stand on the board at its end. */
export function begin(log) {
  const { moves } = log.game;
  const none = () => Array(moves.length + 1).fill(undefined);
  const from = log.at(log.start).moves.length; // moves that it began with
  const versions = { [from]: log.start, ...Object.fromEntries(log.standing().map((version, index) => [from + index + 1, version])) };
  return {
    moves,
    from, // plies that were there at the start: they are another game's
    versions, // at which the position of each ply was reached
    values: none(), // by ply, see analysis.js; undefined is for what has not been tried, null for what is not solved
    best: none(), // by ply: the columns that were better than the one that was played, or null
    marks: marks(moves, []), // of the move made at each ply
    spent: 0, // share of the nodes for the next position that are spent
    attempt: 0, // how often all was tried
    state: "running", // or "stopped", "done" or "failed"
  };
}

/** What the worker is asked for. */
export const job = ({ moves, from, attempt }) => ({ moves, from, nodes: NODES[Math.min(attempt, NODES.length - 1)] });

/** The worker told `message`, see browser/analyst.js. */
export function heard(study, message) {
  if (message.failed) return { ...study, state: "failed" };
  if (message.done) return { ...study, state: "done", spent: 0 };
  if ("spent" in message) return { ...study, spent: message.spent };
  const { ply, value, best: better } = message;
  const values = study.values.with(ply, value ?? study.values[ply] ?? null);
  const best = study.best.with(ply, better ?? study.best[ply] ?? null);
  return { ...study, values, best, marks: marks(study.moves, values, best), spent: 0 };
}

export const stop = (study) => ({ ...study, state: "stopped", spent: 0 });

/** Go on: where all was tried, for longer. */
export const further = (study) => ({ ...study, state: "running", attempt: study.attempt + (study.state === "done" ? 1 : 0) });

/** The plies of the positions, the first first. */
export const plies = ({ from, moves }) => Array.from({ length: moves.length - from + 1 }, (_, index) => from + index);

/** How many positions have not been tried. */
export const untried = (study) => plies(study).filter((ply) => study.values[ply] === undefined).length;

/** The first position from which on all are solved, as a ply; null where not even the last one is. */
export function solvedFrom(study) {
  const unsolved = plies(study).findLast((ply) => !study.values[ply]) ?? study.from - 1;
  return unsolved === study.moves.length ? null : unsolved + 1;
}

/** The ply of the position of `game`; null where moves of it were taken back later. */
export function plyOf({ from, moves }, game) {
  const ply = game.moves.length;
  return ply >= from && moves.startsWith(game.moves) ? ply : null;
}
