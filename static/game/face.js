// What a clock shows, and when it shows something else. Times are in ms, and moments are the server's. Pure.

import { remaining, remainingAt } from "./clock.js";
import { winner } from "./game.js";

const SECONDS_FROM = 10_000; // ms; a clock that has less shows tenths

/** `ms` as a clock shows them, rounded up: it says 0.0 only where nothing is left. */
export function figures(ms) {
  const tenths = Math.ceil(ms / 100);
  if (tenths < SECONDS_FROM / 100) return `${Math.floor(tenths / 10)}.${tenths % 10}`;
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The time after which a clock that runs, with `ms` left, shows other figures. */
export function untilNext(ms) {
  const step = ms > SECONDS_FROM ? 1000 : 100;
  return ms % step || step;
}

/** What is left to `seat` in `game` at the moment `now`; null is for a game that is looked back on. */
export function leftTo(game, seat, now) {
  if (game.by === "timeout" && winner(game) !== seat) return 0;
  return now === null ? remaining(game.clock, seat) : remainingAt(game, seat, now);
}

/** The time from which on a clock of these `terms` is low. */
export const lowBelow = ({ initial }) => Math.min(SECONDS_FROM, (initial * 1000) / 2);
