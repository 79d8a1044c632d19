// What a player may ask of the other, as far as a page can tell. Pure. Mirrors server/game/agreements.py and endings.py.

import { isPlayed } from "./manners.js";

const FIRST_DRAW = 2; // plies from which on a draw can be offered
const DRAW_PAUSE = 6; // plies until the same player can offer one again
const LAST_ABORT = 2; // plies from which on a game is not aborted any more

/** How many moves on the board were made in this game: those that a fork begins with were not. */
const made = ({ game, events }) => game.moves.length - (events[0]?.data.opening?.length ?? 0);

// The id of a player of one game alone, who is unrated, is not random: its version is not 4.
const isRated = ({ game, events }) =>
  events[0].data.rated && Object.values(game.players).every(({ player }) => player[14] === "4");

/** Whether our own offer of this `kind` is open. */
export const isOffered = ({ seat, log: { game } }, kind) => game.offer?.kind === kind && game.offer.seat === seat;

/** Whether we can offer a draw. */
export function mayOfferDraw({ seat, log }) {
  const { game } = log;
  if (!isPlayed(game, seat) || made(log) < FIRST_DRAW || isOffered({ seat, log }, "draw")) return false;
  const last = log.events.findLast(({ type }) => type === "DrawOffered");
  const ours = last?.data.player === game.players[seat].player;
  return !ours || game.moves.length >= log.at(last.version).moves.length + DRAW_PAUSE;
}

/** Whether we can ask to take a move back: our last one, and the answer to it. */
export function mayAskBack({ seat, log }) {
  const { game } = log;
  const plies = game.next === seat ? 2 : 1;
  return isPlayed(game, seat) && made(log) >= plies && !isRated(log) && !isOffered({ seat, log }, "takeback");
}

/** Whether we can call the game off. */
export const mayAbort = ({ seat, log }) =>
  seat !== null && log.game.status !== "finished" && log.game.version > 0 && made(log) < LAST_ABORT;
