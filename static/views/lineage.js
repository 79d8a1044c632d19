// Which game this one continues and from where, and which ones continue this one.

import { BASE } from "../wire/base.js";
import { say, text } from "../words/text.js";
import { nameOf } from "../words/words.js";
import { find, show } from "./dom.js";

const MOST = 5; // games that are listed

export class Lineage {
  #parent = null; // the game that is shown, or asked for

  /** Show the game that the one of `log` continues, if it continues one. */
  render(log) {
    const { fork_of, opening } = log.events[0]?.data ?? {};
    if (!fork_of || this.#parent === fork_of.game) return;
    this.#parent = fork_of.game;
    this.#show(fork_of, opening.length);
  }

  async #show({ game, version }, n) {
    const parent = await ask(`api/games/${game}`);
    find("lineage").replaceChildren(...linked(n ? text.fork.fromMove : text.fork.from, { n, game, version, parent }));
    show(find("lineage"), true);
  }
}

/** Show in `element` the listed games that continue the game `id`, whose `log` tells from which move. */
export async function showForks(element, id, log) {
  const { games = [] } = (await ask(`api/games/${id}/forks?limit=${MOST}`)) ?? {};
  const lines = games.map((parent) => {
    const line = document.createElement("span");
    line.append(...linked(text.fork.into, { n: log.at(parent.fork_of.version).moves.length, game: parent.game, parent }), " ");
    return line;
  });
  element.replaceChildren(...lines);
  show(element, lines.length > 0);
}

/** What the server says, or null. */
async function ask(path) {
  const answer = await fetch(new URL(path, BASE)).catch(() => null);
  return answer?.ok ? await answer.json() : null;
}

/** `template` with a link to a game in it. */
function linked(template, { n, game, version, parent }) {
  const link = document.createElement("a");
  link.href = new URL(`games/${game}${version ? `#v${version}` : ""}`, BASE);
  link.textContent = parent ? say(text.fork.pair, { yellow: nameOf(parent, "yellow"), red: nameOf(parent, "red") }) : text.fork.another;
  const [before, after] = say(template, { n, game: "|" }).split("|");
  return [before, link, after];
}
