// What players may ask of each other, and what is open between them. Pure. Mirrors server/game/agreements.py and
// endings.py, as far as a page has to know: the server decides.

import { firstMoveBy } from "./clock.js";
import { other, winner } from "./game.js";
import { isLive } from "./recorder.js";

const FIRST_DRAW = 2; // plies from which on a draw can be offered
const DRAW_PAUSE = 6; // plies until the same player can offer one again
const LAST_ABORT = 2; // plies from which on a game is not aborted any more
const SILENT = 5_000; // ms of an absence of which nothing is said
const NEAR = 120_000; // ms; a claim that is further away is not worth a word

/** The server's time, in ms, when the page's own clock shows `now`; null while it is not known. */
export const serverTime = ({ offset }, now) => (offset === null ? null : offset + now);

/** The offer that is ours to answer, as `{ kind, seat, version }`, or null. */
export function offerToUs({ seat, end, log: { game } }) {
  return seat && !end && game.offer && game.offer.seat !== seat ? game.offer : null;
}

/** Whether our own offer of this `kind` is open. */
export const isOffered = ({ seat, log: { game } }, kind) => game.offer?.kind === kind && game.offer.seat === seat;

/** Whether we can offer a draw. */
export function mayOfferDraw({ seat, log }) {
  const { game } = log;
  const plies = game.moves.length;
  if (!isPlayed(game, seat) || plies < FIRST_DRAW || isOffered({ seat, log }, "draw")) return false;
  const last = log.events.findLast(({ type }) => type === "DrawOffered");
  const ours = last?.data.player === game.players[seat].player;
  return !ours || plies >= log.at(last.version).moves.length + DRAW_PAUSE;
}

/** Whether we can ask to take a move back: our last one, and the answer to it. */
export function mayAskBack({ seat, log }) {
  const { game } = log;
  const plies = game.next === seat ? 2 : 1;
  return isPlayed(game, seat) && game.moves.length >= plies && !log.events[0].data.rated && !isOffered({ seat, log }, "takeback");
}

/** Whether we can call the game off. */
export const mayAbort = ({ seat, log: { game } }) =>
  seat !== null && game.status !== "finished" && game.version > 0 && game.moves.length < LAST_ABORT;

/** Whether we can ask for another game. */
export const mayOfferRematch = ({ seat, log: { game } }) =>
  seat !== null && game.status === "finished" && !game.rematch && Object.values(game.players).every(Boolean);

/**
 * The absence of our opponent at the server's time `now`: `{ seat, wait }`, with the ms until the game can be claimed, or
 * null where there is none to speak of.
 */
export function absence({ seat, presence, log: { game } }, now) {
  const away = isPlayed(game, seat) && now !== null ? presence.away?.[other(seat)] : null;
  if (!away || now - Date.parse(away.since) < SILENT) return null;
  const wait = Math.max(0, Date.parse(away.claim_at) - now);
  return wait <= NEAR ? { seat: other(seat), wait } : null;
}

/** The ms until a first move has to be made, at the server's time `now`, or null where none has to be. */
export function firstMoveIn({ log: { game } }, now) {
  const by = now === null ? null : firstMoveBy(game);
  return by === null ? null : Math.max(0, by - now);
}

/** Whether something is counted down that people are told. */
export function counts(state) {
  const { log, seat, presence } = state;
  return isLive(state) && (firstMoveBy(log.game) !== null || Boolean(isPlayed(log.game, seat) && presence.away?.[other(seat)]));
}

/** What the game is worth to `seat`: 1 for a win, a half for a draw. */
export function points(game, seat) {
  if (game.result === "TIED") return 0.5;
  return Number(winner(game) === seat);
}

/** The score of `seat` in the series that the game goes on with, this game included; null where there is no series. */
export function score({ series, log: { game } }, seat) {
  const player = game.players[seat]?.player;
  return series && player ? (series[player] ?? 0) + points(game, seat) : null;
}

const isPlayed = (game, seat) => seat !== null && game.status === "playing";
