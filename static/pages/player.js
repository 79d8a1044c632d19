// A player's page: what everybody may see, and for the player whose secret the browser has, what to do about oneself. By the link of
// a handover, the browser becomes that of another device's player.

import { rewriteAddress } from "../browser/entry.js";
import { load } from "../browser/load.js";
import { lookAtOnce, nextLook } from "../browser/next_look.js";
import { onForgotten } from "../browser/on_forgotten.js";
import { keepPlayer, keptPlayer, renamed } from "../browser/player.js";
import { tokenKey } from "../browser/seat.js";
import { rememberName, storage } from "../browser/storage.js";
import { fillText, find, setText, show } from "../views/dom.js";
import { gameCard } from "../views/game_cards.js";
import { make } from "../views/make.js";
import { setUpMenuButton } from "../views/menu_button.js";
import { ratingChart } from "../views/rating_chart.js";
import { BASE } from "../wire/base.js";
import { readCode, readGames, readMe, readPlayer, redeem } from "../wire/players.js";
import { day, figure, isolated, people } from "../words/people.js";
import { say, text } from "../words/text.js";

const INTERVAL = 15_000; // ms between two looks at what is new
const PAGE = 12; // games
const MOST = 100; // games that one call gives

const mine = /\/me$/.test(location.pathname);
const named = location.pathname.split("/").at(-1);
const handed = () => /^#handover=([\w-]+)$/.exec(location.hash)?.[1];

fillText();
document.title = `${mine ? people.mine : people.somebody} · ${text.title}`;
const days = document.querySelector('meta[name="backups"]')?.content;
setText(find("backups"), days === undefined ? people.forget.backupsUnknown : say(people.forget.backups, { n: Number(days) }));
globalThis.started(); // see boot.js

let games = { games: [], cursor: null }; // the finished ones that are shown
let handover, forgetting;

setUpMenuButton();
find("my-seat").addEventListener("click", async () => {
  const { Handover } = await load("views/handover");
  handover ??= new Handover();
  handover.open();
});
find("forget").addEventListener("click", async () => {
  const { Forgetting } = await load("views/forget");
  forgetting ??= new Forgetting({ forgotten: sayForgotten });
  forgetting.open();
});
find("rename").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = await attempt(async () => {
    const { name } = await renamed(keptPlayer(), find("new-name").value.trim());
    rememberName(name);
    setText(find("name"), name);
    find("new-name").value = name;
    return people.isRenamed;
  });
  setText(find("renamed"), said ?? "");
});
find("older").addEventListener("click", async () => {
  const { player, secret } = who();
  const page = await attempt(() => readGames(player, games.cursor, secret));
  if (page) showGames({ games: [...games.games, ...page.games], cursor: page.cursor }, player);
});
addEventListener("hashchange", () => handed() && location.reload());

let isForgotten = false; // and says so, whatever there is to see

function sayForgotten() {
  isForgotten = true;
  tellNobody(people.forget.done, people.forget.doneHow);
}

/** Whose page this is: `{ player, secret }`, the secret only if the browser has it. */
function who() {
  const kept = keptPlayer();
  if (mine) return kept ?? {};
  return { player: named, secret: kept?.player === named ? kept.secret : undefined };
}

// What is seen ----------

async function look() {
  if (isForgotten) return true;
  const { player, secret } = who();
  if (!player) return tellNobody(people.nobody, people.nobodyHow);
  const count = Math.min(MOST, Math.max(PAGE, games.games.length));
  const [profile, page] = await Promise.all([secret ? readMe(secret) : readPlayer(player), readGames(player, null, secret, count)]);
  showProfile(profile, Boolean(secret));
  showGames(page, player);
  return true;
}

function showProfile(profile, own) {
  const { player, name, joined, ratings } = profile;
  show(find("profile"), true);
  show(find("nobody"), false);
  for (const element of document.querySelectorAll("[data-own]")) show(element, own);
  setText(find("name"), name);
  document.title = `${mine ? people.mine : isolated(name)} · ${text.title}`;
  setText(find("joined"), say(people.joined, { day: day(joined) }));
  if (own) showOwn(profile);
  const pools = Object.keys(people.pools).filter((pool) => ratings[pool]);
  update(find("ratings"), ratings, () => pools.map((pool) => rating(pool, ratings[pool])));
  show(find("no-rating"), !pools.length);
  update(find("results").tBodies[0], profile.as, () =>
    ["yellow", "red"].map((seat) =>
      make("tr", {}, make("th", { scope: "row" }, text.seat[seat]), ...["won", "lost", "drawn"].map((kind) => make("td", {}, profile.as[seat][kind]))),
    ),
  );
  find("profile").dataset.player = player;
}

function showOwn({ player, name, games: underWay }) {
  const field = find("new-name");
  if (field !== document.activeElement && !field.dataset.filled) field.value = name;
  field.dataset.filled = "true";
  update(find("under-way"), underWay, () => underWay.map((entry) => gameCard(entry, player)));
  show(find("no-game-under-way"), !underWay.length);
  for (const entry of underWay) keepSeat(entry, player);
}

/** The secret opens the seat, too, on a device that has no token for it. */
function keepSeat({ game, players }, player) {
  const local = storage("localStorage");
  const seat = players.red?.player === player ? "red" : "yellow";
  const key = tokenKey(game, seat);
  if (!local.getItem(key)) local.setItem(key, keptPlayer().secret);
}

function rating(pool, { rating: points, deviation, games: n, history }) {
  return make(
    "li",
    { class: "card rating", "data-testid": `rating-${pool}` },
    make("b", {}, people.pools[pool]),
    make("span", { class: "figure" }, figure(points), make("small", {}, ` ± ${figure(deviation)}`)),
    make("small", {}, say(people.ratedGames, { n })),
    ...(history.length ? [ratingChart(history)] : []),
  );
}

function showGames(page, player) {
  games = page;
  update(find("latest"), page.games, () => page.games.map((entry) => gameCard(entry, player)));
  show(find("no-latest"), !page.games.length);
  setText(find("no-latest"), who().secret ? people.noneYetOwn : people.noneYet);
  show(find("older"), page.cursor !== null);
}

const drawn = new Map(); // what each part shows, so that what has not changed stays as it is

function update(element, shown, draw) {
  const now = JSON.stringify(shown);
  if (drawn.get(element) === now) return;
  drawn.set(element, now);
  element.replaceChildren(...draw());
}

function tellNobody(title, how) {
  for (const id of ["profile", "asking"]) show(find(id), false);
  show(find("nobody"), true);
  setText(find("nobody-title"), title);
  setText(find("nobody-how"), how);
  return true;
}

/** What `ask` gives, or null where there is no answer; the page says so. */
async function attempt(ask) {
  try {
    const answer = await ask();
    setText(find("state"), "");
    return answer;
  } catch (problem) {
    if (!problem.code) throw problem;
    if (problem.code === "bad_secret") keepPlayer(null);
    if (problem.code === "no_such_player") return tellNobody(text.noSuchPlayer, text.noSuchPlayerHow) && null;
    setText(find("state"), problem.code === "bad_secret" ? "" : (text.problems[problem.code] ?? text.problems.unknown));
    return null;
  }
}

// By the link of another device ----------

/** Ask whether this browser is to be that of the player who hands over with `code`, and have it so. */
async function arrive(code) {
  const whose = await readCode(code).catch(({ code: problem }) => ({ problem }));
  const over = () => rewriteAddress(new URL("me", BASE).pathname);
  if (whose.problem) {
    setText(find("state"), "");
    if (whose.problem === "no_such_code") over();
    const [title, how] = whose.problem === "no_such_code" ? [people.handover.invalid, people.handover.invalidHow] : [people.handover.failed, text.problems[whose.problem] ?? text.problems.unknown];
    tellNobody(title, how);
    return new Promise(() => {}); // that is all there is to see here
  }
  const kept = keptPlayer();
  if (kept?.player === whose.player) return over();
  setText(find("state"), "");
  setText(find("asking-title"), say(people.handover.title, { name: isolated(whose.name) }));
  setText(find("asking-how"), people.handover.how);
  setText(find("asking-other"), kept ? say(people.handover.other, { name: isolated(kept.name) }) : "");
  show(find("asking-other"), Boolean(kept));
  setText(find("take-over"), kept ? people.handover.replace : people.handover.yes);
  show(find("asking"), true);
  find("asking-title").focus();
  const yes = await new Promise((resolve) => {
    find("take-over").addEventListener("click", () => resolve(true), { once: true });
    find("leave-it").addEventListener("click", () => resolve(false), { once: true });
  });
  const welcome = yes && (await redeem(code).catch(({ code: problem }) => ({ problem })));
  show(find("asking"), false);
  if (welcome && welcome.problem) {
    tellNobody(people.handover.invalid, people.handover.invalidHow);
    return new Promise(() => {});
  }
  over();
  if (!yes) return undefined;
  const isKept = keepPlayer(welcome);
  rememberName(welcome.name);
  setText(find("state"), isKept ? "" : text.notKept);
  return undefined;
}

// It begins ----------

if (handed()) await arrive(handed());

onForgotten(lookAtOnce);

for (;;) {
  const answered = await attempt(look);
  if (answered === null && !keptPlayer() && mine) await attempt(look); // the secret was dropped
  await nextLook(INTERVAL);
}
