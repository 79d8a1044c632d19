// The way to a seat that somebody has just got.

import { Tokens } from "./seat.js";

/** Go to the page of a game that was just created, `{ game, seat, token, url }`, and hold that seat there. */
export function goToSeat({ game, seat, token, url }) {
  let gone = false;
  const keepThere = (key, value) => {
    gone = true;
    goWith(url, key, value);
  };
  new Tokens(game, { kept: { fromEntry: () => undefined, keepInEntry: keepThere } }).take({ seat, token });
  if (!gone) location.assign(url);
}

/** Go to `url`, with `value` kept there by the name of `key`. */
function goWith(url, key, value) {
  history.pushState({ [key]: value }, "", url);
  location.reload();
}
