// The standings: the strongest players of each pool.

import { lookAtOnce, nextLook } from "../browser/next_look.js";
import { onForgotten } from "../browser/on_forgotten.js";
import { keptPlayer } from "../browser/player.js";
import { fillText, find, setText, show } from "../views/dom.js";
import { make } from "../views/make.js";
import { setUpMenuButton } from "../views/menu_button.js";
import { BASE } from "../wire/base.js";
import { readStandings } from "../wire/players.js";
import { figure, people } from "../words/people.js";
import { text } from "../words/text.js";

const INTERVAL = 15_000; // ms between two looks at what is new

const wanted = new URLSearchParams(location.search).get("pool");
const pool = wanted in people.pools ? wanted : "untimed";

fillText();
document.title = `${people.standings} · ${text.title}`;
for (const [each, name] of Object.entries(people.pools)) {
  find("pools").append(make("a", { href: `?pool=${each}`, "data-testid": `pool-${each}`, ...(each === pool && { "aria-current": "page" }) }, name));
}
globalThis.started(); // see boot.js

setUpMenuButton();

let shown = []; // the pages of the list
find("more").addEventListener("click", async () => {
  const page = await attempt(() => readStandings(pool, shown.at(-1).cursor));
  if (page) display([...shown, page]);
});

/** Read the pages that are shown anew: who was forgotten is in none any more. */
async function look() {
  const pages = [];
  do pages.push(await readStandings(pool, pages.at(-1)?.cursor));
  while (pages.length < shown.length && pages.at(-1).cursor);
  display(pages);
  return true;
}

function display(pages) {
  const changed = JSON.stringify(pages) !== JSON.stringify(shown);
  shown = pages;
  const players = pages.flatMap(({ standings }) => standings);
  show(find("standings"), players.length > 0);
  show(find("nobody"), !players.length);
  show(find("more"), Boolean(pages.at(-1).cursor));
  if (changed) find("standings").tBodies[0].replaceChildren(...players.map(line));
}

function line({ rank, player, name, rating, deviation, games }) {
  const link = make("a", { href: new URL(`players/${player}`, BASE) }, make("bdi", {}, name));
  const own = keptPlayer()?.player === player;
  return make(
    "tr",
    own ? { class: "own" } : {},
    make("td", {}, rank),
    make("th", { scope: "row" }, link, ...(own ? [make("small", {}, text.you)] : [])),
    make("td", {}, figure(rating)),
    make("td", { class: "wide" }, `± ${figure(deviation)}`),
    make("td", {}, games),
  );
}

/** What `ask` gives, or null where there is no answer; the page says so. */
async function attempt(ask) {
  try {
    const answer = await ask();
    setText(find("state"), "");
    return answer;
  } catch (problem) {
    if (!problem.code) throw problem;
    setText(find("state"), text.problems[problem.code] ?? text.problems.unknown);
    return null;
  }
}

onForgotten((player) => JSON.stringify(shown).includes(player) && lookAtOnce());

for (;;) {
  await attempt(look);
  await nextLook(INTERVAL);
}
