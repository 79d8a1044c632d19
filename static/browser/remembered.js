// The logs of the last few games that this browser had open: a page shows what is kept until the server has told what is.

import { storage } from "./storage.js";

const KEPT_LOGS = 5; // games
const LOGS = "connect4.logs";
const logKey = (game) => `connect4.log.${game}`; // pages/early.js reads it, too

/** Keep the `events` of `game`, and forget the game that was open longest ago. */
export function rememberLog(game, events, local = storage("localStorage")) {
  const before = (local.getItem(LOGS) ?? "").split(" ").filter((other) => other && other !== game);
  const games = events.length ? [game, ...before] : before;
  games.slice(KEPT_LOGS).forEach((other) => local.removeItem(logKey(other)));
  local.setItem(LOGS, games.slice(0, KEPT_LOGS).join(" "));
  if (events.length) local.setItem(logKey(game), JSON.stringify(events));
  else local.removeItem(logKey(game));
}
