// On to the next game of a series: the old seat's token opens the other seat there.

import { other } from "../game/game.js";
import { pageOf, SOCKETS } from "../wire/base.js";
import { goToSeat } from "./to_seat.js";

const AGAIN = [100, 200, 400, 800, 1_500]; // ms between attempts, the last one over and over
const ATTEMPTS = 20;

/** Go to the game `next` once it is there, with the seat that was `held`, `{ seat, token }`; null is for watching. */
export async function goToNext(next, held) {
  for (let attempt = 0; attempt < ATTEMPTS && !(await isThere(next)); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN[Math.min(attempt, AGAIN.length - 1)]));
  }
  const url = pageOf(next);
  if (held) goToSeat({ game: next, seat: other(held.seat), token: held.token, url });
  else location.assign(url);
}

/** Whether the game is there. A socket is asked, since a browser complains of a page that is missing. */
function isThere(game) {
  const socket = new WebSocket(`${SOCKETS}ws/games/${game}`);
  return new Promise((resolve) => {
    socket.onmessage = () => resolve(true);
    socket.onclose = () => resolve(false);
  }).finally(() => socket.close());
}
