// One's games under way: those that the browser has a seat at, and those of its player on other devices.

import { call } from "../wire/api.js";
import { keptPlayer } from "./player.js";
import { SEATS } from "./seat.js";
import { storage } from "./storage.js";

const OVER = "connect4.over"; // the ids of games that are known to be over; pages/early_start.js reads it, too
const MOST_OVER = 400;
const MOST_ASKED = 12; // games that are asked for at a time
const MOST_SHOWN = 12;
const TOKEN = /^connect4\.token\.([0-9a-f-]{36})\.(yellow|red)$/;

/** Every seat that this browser has kept, `{ game, seat, token }`, of games that are not known to be over. */
export function keptSeats(local = storage("localStorage"), keys = keptKeys()) {
  const over = overGames(local);
  return keys
    .map((key) => TOKEN.exec(key))
    .filter((found) => found && !over.includes(found[1]))
    .map(([key, game, seat]) => ({ game, seat, token: local.getItem(key) }));
}

/**
 * The games under way where this browser sits, the most urgent first: `{ entry, seat, token }`, where `token` is what opens
 * the seat. A game that cannot be asked for right now is left out.
 */
export async function myGames(local = storage("localStorage")) {
  const player = keptPlayer(local);
  const own = player ? await call("GET", "api/me", { secret: player.secret }).catch(() => null) : null;
  const found = new Map();
  for (const entry of own?.games ?? []) {
    const seat = SEATS.find((each) => entry.players[each]?.player === player.player);
    found.set(entry.game, { entry, seat, token: player.secret });
  }
  const kept = keptSeats(local);
  const asked = kept.filter(({ game }) => !found.has(game)).slice(-MOST_ASKED);
  await Promise.all(
    asked.map(async ({ game, seat, token }) => {
      const entry = await call("GET", `api/games/${game}`).catch(({ code }) => (code === "no_such_game" ? { status: "finished" } : null));
      if (entry?.status === "finished") noteOver(game, local);
      else if (entry) found.set(game, { entry, seat, token });
    }),
  );
  for (const { game, seat, token } of kept) if (found.has(game)) Object.assign(found.get(game), { seat, token });
  return [...found.values()].sort((a, b) => urgency(a) - urgency(b)).slice(0, MOST_SHOWN);
}

/** Whether it is the turn of who sits at `seat`. */
export const isTurn = ({ entry, seat }) => entry.status === "playing" && SEATS[entry.moves.length % 2] === seat;

const urgency = (mine) => (isTurn(mine) ? 0 : mine.entry.status === "playing" ? 1 : 2);

function keptKeys() {
  try {
    return Object.keys(localStorage);
  } catch {
    return []; // the browser blocks site data
  }
}

function overGames(local) {
  try {
    return JSON.parse(local.getItem(OVER)) ?? [];
  } catch {
    return []; // it was written by something else
  }
}

function noteOver(game, local) {
  local.setItem(OVER, JSON.stringify([...overGames(local), game].slice(-MOST_OVER)));
}
