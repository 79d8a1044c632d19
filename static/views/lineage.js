// Which game this one continues, and from where.

import { BASE } from "../wire/base.js";
import { say, text } from "../words/text.js";
import { nameOf } from "../words/words.js";
import { find, show } from "./dom.js";

export class Lineage {
  #parent = null; // the game that is shown, or asked for

  render(log) {
    const { fork_of, opening } = log.events[0]?.data ?? {};
    if (!fork_of || this.#parent === fork_of.game) return;
    this.#parent = fork_of.game;
    this.#show(fork_of, opening.length);
  }

  async #show({ game, version }, n) {
    const answer = await fetch(new URL(`api/games/${game}`, BASE)).catch(() => null);
    const parent = answer?.ok ? await answer.json() : null;
    const link = document.createElement("a");
    link.href = new URL(`games/${game}#v${version}`, BASE);
    link.textContent = parent ? say(text.fork.pair, { yellow: nameOf(parent, "yellow"), red: nameOf(parent, "red") }) : text.fork.another;
    const [before, after] = say(n ? text.fork.fromMove : text.fork.from, { n, game: "|" }).split("|");
    find("lineage").replaceChildren(before, link, after);
    show(find("lineage"), true);
  }
}
