// The log's page: the events of all listed games as they are recorded, and how far the read models are.

import { nextLook } from "../browser/next_look.js";
import { onForgotten } from "../browser/on_forgotten.js";
import { joined, renamed, without } from "../game/commits.js";
import { Commits } from "../views/commits.js";
import { fillText, find, setAttribute, setText, show } from "../views/dom.js";
import { setUpMenuButton } from "../views/menu_button.js";
import { renderModels } from "../views/models.js";
import { readLog, readProjections } from "../wire/log.js";
import { feed } from "../words/feed.js";
import { say, text } from "../words/text.js";

const INTERVAL = 1_000; // ms between two looks at what is new
const NAMES = 3; // looks from one in which names are read again to the next
const LATER = 5_000; // ms, while the server does not answer, or asks for fewer requests

const wanted = Object.fromEntries([...new URLSearchParams(location.search)].filter(([name]) => ["type", "id"].includes(name)));

fillText();
document.title = `${feed.title} · ${text.title}`;
setUpFilter();
globalThis.started(); // see boot.js

setUpMenuButton();

const commits = new Commits(find("commits"));
let events = []; // what is shown, newest first
let waiting = []; // what is newer, and not shown yet: the list would move under the reader's finger
let newer = null; // the places in the log behind the newest event that is known, and before the oldest one shown
let older = null;

find("fresh").addEventListener("click", () => {
  display();
  find("commits").querySelector("summary").focus();
});
find("older").addEventListener("click", async () => {
  const page = await attempt(() => readLog({ ...wanted, before: older }));
  if (!page) return;
  events = joined(events, page.events);
  ({ older } = page);
  render();
});

/** Keep the page up to date while somebody looks at it. */
async function follow() {
  for (;;) {
    const answered = await attempt(look);
    await nextLook(answered ? INTERVAL : LATER);
  }
}

async function look() {
  const [page, { projections }] = await Promise.all([readLog({ ...wanted, after: newer }), readProjections()]);
  if (newer === null) ({ older } = page);
  ({ newer } = page);
  waiting = joined(waiting, page.events);
  renderModels(find("models"), find("models-state"), projections);
  if (events.length && looks++ % NAMES === 0) await readNames();
  if (isUntouched()) display();
  render();
  return true;
}

let looks = 0;

/** Show the latest names as they are by now: some may be forgotten. */
async function readNames() {
  const type = "PlayerJoined";
  if (wanted.type && wanted.type !== type) return;
  const { events: seated } = await readLog({ ...wanted, type });
  [events, waiting] = [events, waiting].map((shown) => renamed(shown, seated));
}

/** Whether nobody reads or is about to press what new events would move. */
const isUntouched = () => !events.length || (scrollY === 0 && !find("commits").matches(":hover, :focus-within, :has([open])"));

function display() {
  events = joined(events, waiting);
  waiting = [];
  render();
}

function render() {
  const first = !find("commits").childElementCount;
  commits.render(events);
  show(find("older"), older !== null);
  show(find("fresh"), waiting.length > 0);
  setText(find("fresh"), say(feed.fresh, { n: waiting.length }));
  show(find("nothing"), !events.length);
  setText(find("nothing"), Object.keys(wanted).length ? feed.nothing : feed.empty);
  if (first && events.length) open(location.hash.slice(1));
}

/** Open the event of this name, where the address names one. */
function open(name) {
  const details = name && document.getElementById(name)?.querySelector("details");
  if (!details) return;
  details.open = true;
  details.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", () => open(location.hash.slice(1)));

/** What `ask` gives, or null where there is no answer; the state says so. */
async function attempt(ask) {
  try {
    const answer = await ask();
    setState("live", feed.live);
    return answer;
  } catch (problem) {
    const said = { rate_limited: feed.tooOften, bad_message: feed.badId };
    setState("away", said[problem.code] ?? feed.away);
    if (!problem.code) throw problem;
    return null;
  }
}

function setState(state, said) {
  setAttribute(find("state"), "data-state", state);
  setText(find("state"), said);
}

function setUpFilter() {
  const { type, id } = wanted;
  const types = new Set([...Object.keys(feed.did), ...(type ? [type] : [])]);
  find("type").append(new Option(feed.allTypes, ""), ...[...types].map((each) => new Option(each, each)));
  find("type").value = type ?? "";
  find("id").value = id ?? "";
  show(find("all"), Boolean(type || id));
  find("filter").addEventListener("submit", (event) => {
    event.preventDefault(); // a field that is empty would be in the address
    const query = new URLSearchParams([...new FormData(event.currentTarget)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
    location.assign(`?${query}`);
  });
}

onForgotten((player) => {
  [events, waiting] = [events, waiting].map((shown) => without(shown, player));
  render();
});
await follow();
