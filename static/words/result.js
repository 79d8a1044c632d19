// How a game came out, for others.

import { other, winner } from "../game/game.js";
import { say, text } from "./text.js";
import { nameOf, played, sentence, status } from "./words.js";

/** How the game of a log came out, to tell everybody: who beat whom and how, in how many moves and what time. */
export function result(log) {
  const { game } = log;
  const won = winner(game) ?? "yellow";
  const names = { won: nameOf(game, won), lost: nameOf(game, other(won)) };
  const words = [sentence(say(winner(game) ? text.beat : text.drew, names)), status(game, null).detail, played(log)];
  return words.filter(Boolean).join(" ");
}
