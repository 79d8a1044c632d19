// What to say about players and their games: pure sentences.

import { winner } from "../game/game.js";
import { language, say, text } from "./text.js";

export const people = text.people;

const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

/** The day of a time. */
export const day = (time) => dates.format(new Date(time));

/** A rating, as people read it. */
export const figure = (rating) => numbers.format(rating);

/** A name in a sentence: its direction is its own affair. */
export const isolated = (name) => `\u2068${name}\u2069`;

/** How `entry`, a game of a list, stands or ended for `player`, who sits there. */
export function standing(entry, player) {
  const { players, status, result, moves } = entry;
  const seat = players.red?.player === player ? "red" : "yellow";
  const opponent = players[seat === "red" ? "yellow" : "red"];
  const words = people.games;
  if (!opponent) return status === "finished" ? words.calledOff : words.waiting;
  const name = isolated(opponent.name);
  if (status !== "finished") return say((moves.length % 2 ? "red" : "yellow") === seat ? words.ours : words.theirs, { name });
  const won = winner({ result });
  return say(won ? words[won === seat ? "won" : "lost"] : words[result ? "drawn" : "aborted"], { name });
}
