// What there is to know of players, over HTTP. Each call throws Problem.

import { call } from "./api.js";
import { query } from "./query.js";

/** The profile of `player`, as everybody may see it. */
export const readPlayer = (player) => call("GET", `api/players/${player}`);

/** One's own profile, with the games under way. */
export const readMe = (secret) => call("GET", "api/me", { secret });

/** Be forgotten. */
export const forgetMe = (secret) => call("DELETE", "api/me", { secret });

/** The finished games of `player`, newest first: `{ games, cursor }`; with the player's `secret` those not listed, too. */
export const readGames = (player, cursor, secret, limit = 12) =>
  call("GET", `api/games?${query({ player, status: "finished", limit, cursor })}`, { secret });

/** The players of a pool, the strongest first: `{ standings, cursor }`. */
export const readStandings = (pool, cursor) => call("GET", `api/standings?${query({ pool, limit: 50, cursor })}`);

/** Whose code this is: `{ player, name }`. */
export const readCode = (code) => call("POST", "api/handover/player", { body: { code } });

/** Become that player: `{ player, name, secret }`. The code is used up then. */
export const redeem = (code) => call("POST", "api/handover", { body: { code } });
