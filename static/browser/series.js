// The score of a series: what the games before one came to.

import { Log } from "../game/log.js";
import { points } from "../game/manners.js";
import { BASE } from "../wire/base.js";
import { SEATS } from "./seat.js";
import { storage } from "./storage.js";

const LONGEST = 200; // games of a series that are counted

/** The points of each player, by the player's id, after the game `last` of a series. A game that is over stays as it is. */
export async function seriesUpTo(last, session = storage("sessionStorage")) {
  const games = [];
  let sum = {};
  for (let id = last; id && games.length < LONGEST; ) {
    const kept = session.getItem(`connect4.series.${id}`);
    if (kept) {
      sum = JSON.parse(kept);
      break;
    }
    const { events } = await (await fetch(new URL(`api/games/${id}/events`, BASE))).json();
    games.push({ id, game: new Log().with(events).game });
    id = events[0].data.rematch_of;
  }
  for (const { id, game } of games.toReversed()) {
    sum = { ...sum };
    for (const seat of SEATS) sum[game.players[seat].player] = (sum[game.players[seat].player] ?? 0) + points(game, seat);
    session.setItem(`connect4.series.${id}`, JSON.stringify(sum));
  }
  return sum;
}
