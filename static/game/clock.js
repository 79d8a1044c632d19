// The clocks of a game, as its events leave them. Times are in ms. Mirrors server/game/clock.py; no clock of its own.

const FREE_MOVES = 2; // the first of each player, which take no time
const FIRST_MOVE = 30_000; // ms to make one

/**
 * Clocks of `{ initial, increment }`, in seconds, of a game that begins with `opening` moves; `left` has what each later move
 * on the board left its player.
 */
export const wound = (terms, opening) => terms && { ...terms, opening, left: [], since: null };

/** What the last move of `seat` left on its clock. */
export function remaining({ initial, opening, left }, seat) {
  const own = left.filter((_, ply) => (opening + ply) % 2 === (seat === "red" ? 1 : 0));
  return own.at(-1) ?? initial * 1000;
}

/** The seat whose time runs, or null. */
export const running = ({ clock, next }) => (clock?.left.length >= FREE_MOVES ? next : null);

/** What the clock of `seat` shows at the time `now`, as the server has it. */
export function remainingAt(game, seat, now) {
  const spent = running(game) === seat ? Math.max(0, now - Date.parse(game.clock.since)) : 0;
  return Math.max(0, remaining(game.clock, seat) - spent);
}

/** The time until which a first move has to be made, or null. */
export const firstMoveBy = (game) =>
  game.clock && game.next && !running(game) ? Date.parse(game.clock.since) + FIRST_MOVE : null;
