// The game page: the one place where the table's state, the connection, what the browser keeps and the views meet.

import { address, addressed } from "../browser/address.js";
import { load } from "../browser/load.js";
import { reloadOnce, upToDate } from "../browser/reload.js";
import { rememberLog } from "../browser/remembered.js";
import { Store } from "../browser/store.js";
import { counts, serverTime } from "../game/manners.js";
import * as recording from "../game/recorder.js";
import * as table from "../game/table.js";
import { BoardView } from "../views/board.js";
import { fillDiscs } from "../views/disc.js";
import { fillText, find, show } from "../views/dom.js";
import { InviteView } from "../views/invite.js";
import { LinkView } from "../views/link.js";
import { NoticeView } from "../views/notice.js";
import { PlayersView } from "../views/players.js";
import { RecorderView } from "../views/recorder.js";
import { RibbonView } from "../views/ribbon.js";
import { StatusView } from "../views/status.js";
import { Voice } from "../views/voice.js";
import { BASE, SOCKETS } from "../wire/base.js";
import { BAD_TOKEN, Connection } from "../wire/connection.js";
import { EarlyOr } from "../wire/early.js";
import { Fallback } from "../wire/fallback.js";
import { askServer } from "../wire/origin.js";
import { heard, spoken } from "../words/news.js";
import { text } from "../words/text.js";
import { nowIn, status } from "../words/words.js";
import { Seating } from "./seating.js";

fillText();
fillDiscs();

const STUCK_AFTER = 10_000; // ms; who has no connection for longer is told why

const id = location.pathname.split("/").at(-1);
const link = `${document.querySelector('meta[name="network"]')?.content ?? BASE}games/${id}`; // for others
const watch = new URLSearchParams(location.search).has("watch");
const seen = table.understood(globalThis.early?.events ?? []); // see early.js

// The state, and what of it is seen ----------

const store = new Store(table.begin({ watch, wanted: addressed(), events: seen }), render);
let shown = store.state; // the state that is on the page

/** Fetch a module that somebody has asked for, and say so where it takes long. */
const part = (path) => load(path, store.on(table.fetching));

const recorder = {
  go: store.on(recording.go),
  pin: store.on(recording.pin),
  step: store.on(recording.step),
  toFirst: store.on(recording.toFirst),
  toLive: store.on(recording.toLive),
  toggle: store.on(recording.toggle),
  faster: store.on(recording.faster),
};

const connection = new Connection({
  ask: askServer,
  url: (after, last, history) => `${SOCKETS}ws/games/${id}?${new URLSearchParams({ after, ...(last && { last, history }) })}`,
  WebSocket: EarlyOr,
  seen,
  on: {
    state: goesOn,
    welcome(message) {
      timings?.connected();
      store.update(table.welcome(store.state, message, performance.now()));
    },
    restart: store.on(table.restart),
    events(events) {
      const next = table.take(store.state, events);
      if (next.end) return outdated();
      if (table.isNews(next)) timings?.arrived(events);
      return store.update(next);
    },
    accepted: store.on(table.accepted),
    rejected(refusal) {
      const move = table.repeated(store.state, refusal);
      store.update(move ? moved({ ...store.state, move: null }, move) : table.rejected(store.state, refusal));
    },
    delayed: store.on(table.delayed),
    presence: store.on(table.attend),
    forgotten: ({ player }) => showNoMore(player),
    roundTrip(ms, server_time) {
      timings?.roundTrip(ms);
      store.update(table.measured(store.state, ms, server_time, performance.now()));
    },
    lost: (how) => store.update(table.lost(store.state, { ...how, ...circumstances() })),
    outdated,
    gone,
  },
});

const seating = new Seating(id, { store, connection });
const voice = new Voice();
const board = new BoardView({ drop });
const players = new PlayersView();
const statusView = new StatusView();
const linkView = new LinkView();
const ribbon = new RibbonView({ voice });
const notice = new NoticeView({ reload: () => location.reload(), here: () => seating.playHere(), tryNow });
const recorderView = new RecorderView(recorder);
const invite = new InviteView({ link, join: (name) => seating.join(name), decline: (declined) => seating.decline(declined), load: part });
let actions, attention, clocks, logView, sound, study, timings, menu; // come later, see below

function render() {
  const { state } = store;
  const complete = table.caughtUp(state) || state.end !== null; // history comes in many frames
  if (complete || state.link.state !== "live") linkView.render(state);
  ribbon.render(state);
  notice.render(state);
  if (!complete) return;
  const before = shown;
  shown = state;
  const { log, move, seat } = state;
  const [live, version] = [recording.isLive(state), recording.lookedAt(state)];
  const mine = table.mayMove(state);
  const playing = log.game.status === "playing" && seat !== null && table.isPlayable(state);
  board.render(log.at(version), { pending: live ? move : null, mine: mine ? seat : null, falling: falls(before), past: !live });
  players.render(state);
  const now = serverTime(state, performance.now());
  statusView.render(state, now);
  actions?.render(state, now);
  clocks?.render(state);
  recorderView.render(state);
  logView?.render(state, timings);
  study?.render(state);
  find("columns").inert = invite.render(state) || state.end !== null;
  show(find("table"), state.end !== "missing");
  show(find("no-game"), state.end === "missing");
  const title = `${state.end === "missing" ? text.noSuchGame : table.isCurrent(state) ? status(log.game, seat).headline : nowIn(state).headline} – ${text.title}`;
  if (attention) attention.render({ title, turn: mine && live, playing });
  else document.title = title;
  follow(before);
}

/** Whether discs that are new since `before` fall into place, or just lie there. */
function falls(before) {
  const { state } = store;
  const by = recording.lookedAt(state) - recording.lookedAt(before);
  return recording.isLive(state) && recording.isLive(before) ? by > 0 && table.isNews(state) : by === 1;
}

/** What follows, beside what is seen, from `before` having become what it is. */
function follow(before) {
  const { state } = store;
  voice.say(...spoken(before, state));
  const sounds = heard(before, state);
  if (sounds) sound?.play(sounds);
  if (state.log.game.version && table.caughtUp(state) && state.confirmed) upToDate();
  clearTimeout(counting);
  if (counts(state, serverTime(state, performance.now()))) counting = setTimeout(() => store.again(), 1_000);
  fetchParts(state);
  if (table.leadsOn(before, state)) goOn();
  if (state.look === before.look) return;
  address(recording.isLive(state) ? null : recording.lookedAt(state));
  clearTimeout(playing);
  if (state.look.playing) playing = setTimeout(() => store.update(recording.tick(store.state)), recording.pace(state));
}

let playing; // the timer of the next position
let counting; // the timer of the next second that is counted down

/** Fetch what this game needs, and others do not. */
function fetchParts(state) {
  const { log, seat } = state;
  const { rematch_of, fork_of } = log.events[0]?.data ?? {};
  if (log.game.clock && clocks === undefined) {
    clocks = null;
    const now = (state) => serverTime(state, performance.now());
    optional("views/clocks", ({ Clocks }) => (clocks = new Clocks({ now, low: () => sound?.play("low") })));
  }
  if (seat && actions === undefined) {
    actions = null;
    optional("views/actions", ({ ActionsView }) => (actions = new ActionsView({ give, say: (words) => voice.say(words) })));
  }
  if (study === undefined && (log.game.status === "finished" || fork_of || !(seat || recording.isLive(state)))) {
    study = null;
    optional("views/study", ({ StudyView }) => (study = new StudyView({ id, link, store, go: recorder.go, load: part, log: () => logView })));
  }
  if (rematch_of) series ??= load("browser/series").then(({ seriesUpTo }) => seriesUpTo(rematch_of)).then(store.on(table.inSeries), () => {});
}

let series; // the promise of it

// What people do ----------

function drop(column) {
  const chosen = table.choose(store.state, column);
  store.update(chosen.move ? moved(chosen.state, chosen.move) : chosen.state);
}

/** Send `move`; returns the state then. */
function moved(state, move) {
  const command = connection.send({ type: "move", ...move });
  timings?.clicked(command);
  return table.moving(state, { id: command, ...move });
}

/** Give a command that is no move: one at a time, but whoever wants to resign waits for nothing. */
function give(command) {
  const { state } = store;
  if (!state.asked || command.type === "resign") store.update(table.asking(state, { id: connection.send(command), type: command.type }));
}

/** Go on to the next game, with our seat if we have one. */
async function goOn() {
  if (leaving) return;
  leaving = true;
  store.update(table.tell(store.state, "toNext"));
  const { goToNext } = await part("browser/next");
  await goToNext(store.state.log.game.rematch, seating.held);
}

let leaving = false; // for the next game

/** Somebody is tired of waiting for a connection. */
function tryNow() {
  connection.tryNow();
  fallback.wake();
}

function mute() {
  if (!sound) return;
  sound.muted = !sound.muted;
  store.update(table.tell(store.state, sound.muted ? "soundOff" : "soundOn"));
}

async function read() {
  const { boardRead } = await part("words/explain");
  const { state } = store;
  voice.say(boardRead(state.log.at(recording.lookedAt(state)), nowIn(state)));
}

async function showNoMore(player) {
  const { forget } = await load("game/forgetting");
  store.update(forget(store.state, player));
}

let keys; // the promise of who listens to them

/** Have keys listened to: they need not come to play, and on a phone there are hardly ever any. */
const hearKeys = () =>
  (keys ??= optional("views/keys", ({ listenToKeys }) => {
    removeEventListener("keydown", earlyKey);
    listenToKeys({ drop, read, mute, recorder, log: () => logView?.toggle(), help: openMenu });
  }));

/** What is pressed before that counts once it is so, unless something has happened in the game meanwhile. */
async function earlyKey(event) {
  const { log } = store.state;
  await hearKeys();
  if (store.state.log === log) event.target.dispatchEvent(new KeyboardEvent("keydown", event));
}

async function openMenu() {
  const { Menu } = await part("views/menu");
  menu ??= new Menu({ keys: true });
  menu.open(sound, store.state.log.game.players);
}

// What becomes of the connection ----------

const fallback = new Fallback(id, {
  after: () => connection.version,
  fetched({ version, events, forgotten = [] }) {
    forgotten.forEach(showNoMore);
    store.update(table.fetched(store.state, version));
    if (connection.take(version, events)) fallback.start();
  },
  failed: (code) => store.update(code === 404 ? table.end(store.state, "missing") : table.unfetched(store.state, circumstances())),
});

let late = null; // the timer for a connection that does not come

/** Where it is not live for long, HTTP may still have the game. */
function goesOn(how) {
  store.update(table.linked(store.state, how));
  if (how !== "live" && how !== "gone") {
    late ??= setTimeout(() => fallback.start(), STUCK_AFTER);
    return;
  }
  clearTimeout(late);
  late = null;
  fallback.stop();
}

const circumstances = () => ({ online: navigator.onLine, now: performance.now() });

/** The server tells what this page does not know. */
function outdated() {
  connection.close();
  if (!reloadOnce()) store.update(table.end(store.state, "tooOld"));
}

function gone(code) {
  if (code !== BAD_TOKEN) return store.update(table.end(store.state, "missing"));
  seating.forget();
  store.update(table.tell({ ...store.state, move: null, asked: null }, "seatLost"));
  return connection.open();
}

// It begins ----------

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake(3_000)); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  leaving = false;
  connection.wake();
});
addEventListener("pagehide", () => rememberLog(id, store.state.end ? [] : store.state.log.events));
addEventListener("hashchange", () => addressed() && recorder.pin(addressed()));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
find("next-game").addEventListener("click", (event) => {
  event.preventDefault();
  goOn();
});
find("open-menu").addEventListener("click", openMenu);
addEventListener("keydown", earlyKey);

store.show();
globalThis.started(); // see boot.js
goesOn(connection.state);
const resumed = !watch && seating.resume();
connection.open();
if (!watch && !resumed) await seating.comeBack();

// What a game can be played without comes when all else is there, each part by itself, or when it is asked for.
const touch = !matchMedia("(any-pointer: fine)").matches; // a phone is kept awake, and has hardly ever keys
const calls = () => optional("views/attention", ({ Attention }) => (attention = new Attention()));
if (touch || document.hidden) calls();
else document.addEventListener("visibilitychange", lookedAway);

/** Somebody looks elsewhere, unless the page is only being left. */
function lookedAway() {
  setTimeout(() => {
    if (!document.hidden) return;
    document.removeEventListener("visibilitychange", lookedAway);
    attention ?? calls();
  }, 1_000);
}
optional("views/sound", ({ Sound }) => (sound = new Sound()));
optional("views/log", ({ LogView }) => (logView = new LogView({ go: recorder.pin, asked: () => store.again(), load: part })));
optional("browser/timings", ({ Timings }) => (timings = new Timings({ changed: () => store.again() })));
if (!touch) hearKeys();

async function optional(path, begin) {
  begin(await load(path));
  store.again();
}
