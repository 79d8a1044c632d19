// What is open between the players: offers, absences, first moves, another game. Pure; it is the server that decides.

import { firstMoveBy } from "./clock.js";
import { other, winner } from "./game.js";
import { isLive } from "./recorder.js";

const SILENT = 5_000; // ms of an absence of which nothing is said
const NEAR = 120_000; // ms; a claim that is further away is not worth a word

/** The server's time, in ms, when the page's own clock shows `now`; null while it is not known. */
export const serverTime = ({ offset }, now) => (offset === null ? null : offset + now);

/** The offer that is ours to answer, as `{ kind, seat, version }`, or null. */
export function offerToUs({ seat, end, log: { game } }) {
  return seat && !end && game.offer && game.offer.seat !== seat ? game.offer : null;
}

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

/** Whether something is counted down that people are told, or soon will be, at the server's time `now`. */
export function counts(state, now) {
  const { log, seat, presence } = state;
  const away = isPlayed(log.game, seat) && presence.away?.[other(seat)];
  return isLive(state) && (firstMoveBy(log.game) !== null || Boolean(away) && Date.parse(away.claim_at) - now <= NEAR);
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

/** Whether who sits at `seat` plays, at this moment. */
export const isPlayed = (game, seat) => seat !== null && game.status === "playing";
