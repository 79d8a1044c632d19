// Games of a list: each a link, with its board and how it stands.

import { pageOf } from "../wire/base.js";
import { day, people, standing } from "../words/people.js";
import { say } from "../words/text.js";
import { make } from "./make.js";
import { foursIn, positionAfter, smallBoard } from "./small_board.js";

/** The card of `entry`, of a game where `player` sits. */
export function gameCard(entry, player) {
  const game = positionAfter(entry.moves);
  const about = [day(entry.changed_at), say(people.moves, { n: entry.moves.length }), entry.rated ? people.rated : ""];
  return make(
    "li",
    {},
    make(
      "a",
      { class: "game-card card", href: pageOf(entry.game), "data-testid": "game-card" },
      smallBoard(game, entry.by === "four" ? foursIn(game) : []),
      make("span", {}, make("b", {}, standing(entry, player)), make("small", {}, about.filter(Boolean).join(" · "))),
    ),
  );
}
