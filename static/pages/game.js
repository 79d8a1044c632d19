// The game page: the one place where the table's state, the connection, what the browser keeps and the views meet.

import { address, addressed } from "../browser/address.js";
import { fromEntry, keepInEntry, rewriteAddress } from "../browser/entry.js";
import { load } from "../browser/load.js";
import { reloadOnce, upToDate } from "../browser/reload.js";
import { Tokens } from "../browser/seat.js";
import { rememberName, rememberedName } from "../browser/storage.js";
import { Tabs } from "../browser/tabs.js";
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
import { ResignView } from "../views/resign.js";
import { RibbonView } from "../views/ribbon.js";
import { StatusView } from "../views/status.js";
import { Voice } from "../views/voice.js";
import { joinGame, newRequest } from "../wire/api.js";
import { BASE } from "../wire/base.js";
import { BAD_TOKEN, Connection } from "../wire/connection.js";
import { askServer } from "../wire/origin.js";
import { heard, spoken } from "../words/news.js";
import { text } from "../words/text.js";
import { nowIn, result, status } from "../words/words.js";

fillText();
fillDiscs();

const id = location.pathname.split("/").at(-1);
const link = `${document.querySelector('meta[name="network"]')?.content ?? BASE}games/${id}`; // for others
const sockets = String(BASE).replace(/^http/, "ws");
const tokens = new Tokens(id);
const tabs = new Tabs(id);
const JOINING = "joining"; // in the history entry: the request that has no answer yet
const TOLD = "told"; // in the history entry: that the browser keeps no seat
const watch = new URLSearchParams(location.search).has("watch");

// The state, and what of it is seen ----------

let state = table.begin({ watch, wanted: addressed() });
let shown = state; // the state that is on the page
let due = false; // whether another is about to be

/** Something has happened: the page shows the state `next` from its next frame on. */
function update(next) {
  if (next === state) return;
  state = next;
  if (due) return;
  due = true;
  const frame = () => due && render();
  requestAnimationFrame(frame);
  setTimeout(frame, 100); // a hidden page has no frames, but a title, and is heard
}

/** `change` of the state, as a function of what happens. */
const on = (change) => (...what) => update(change(state, ...what));

/** Have the page shown again: something beside the state has changed. */
const again = () => update({ ...state });

/** Fetch a module that somebody has asked for, and say so where it takes long. */
const part = (path) => load(path, (what) => update(table.fetching(state, what)));

const recorder = Object.fromEntries(
  ["go", "pin", "step", "toFirst", "toLive", "toggle", "faster"].map((name) => [name, on(recording[name])]),
);

const connection = new Connection({
  ask: askServer,
  url: (after, last) => `${sockets}ws/games/${id}?${new URLSearchParams({ after, ...(last && { last }) })}`,
  on: {
    state: on(table.linked),
    welcome(message) {
      timings?.connected();
      update(table.welcome(state, message));
    },
    restart: on(table.restart),
    events(events) {
      const next = table.take(state, events);
      if (next.end) return outdated();
      if (table.isNews(next)) timings?.arrived(events);
      return update(next);
    },
    accepted: on(table.accepted),
    rejected: on(table.rejected),
    delayed: on(table.delayed),
    presence: on(table.attend),
    roundTrip(ms) {
      timings?.roundTrip(ms);
      update(table.measured(state, ms));
    },
    lost: (how) => update(table.lost(state, { ...how, online: navigator.onLine, now: performance.now() })),
    outdated,
    gone,
  },
});

const voice = new Voice();
const board = new BoardView({ drop });
const players = new PlayersView();
const statusView = new StatusView();
const linkView = new LinkView();
const ribbon = new RibbonView({ voice });
const notice = new NoticeView({ reload: () => location.reload(), here: playHere });
const recorderView = new RecorderView(recorder);
const resign = new ResignView({ resign: () => connection.send({ type: "resign" }) });
const invite = new InviteView({ link, join: joinAs, decline: declineSeat, load: part });
let attention, logView, sound, timings, menu; // come later, see below

function render() {
  due = false;
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
  const playing = log.game.status === "playing" && seat !== null;
  board.render(log.at(version), { pending: live ? move : null, mine: mine ? seat : null, falling: falls(before), past: !live });
  players.render(state);
  statusView.render(state);
  recorderView.render(state);
  logView?.render(state, timings);
  resign.render(playing);
  find("columns").inert = invite.render(state) || state.end !== null;
  show(find("table"), state.end !== "missing");
  show(find("no-game"), state.end === "missing");
  const title = `${state.end === "missing" ? text.noSuchGame : status(log.game, seat).headline} – ${text.title}`;
  if (attention) attention.render({ title, turn: mine && live, playing });
  else document.title = title;
  follow(before);
}

/** Whether discs that are new since `before` fall into place, or just lie there. */
function falls(before) {
  const by = recording.lookedAt(state) - recording.lookedAt(before);
  return recording.isLive(state) && recording.isLive(before) ? by > 0 && table.isNews(state) : by === 1;
}

/** What follows, beside what is seen, from `before` having become what it is. */
function follow(before) {
  voice.say(...spoken(before, state));
  const sounds = heard(before, state);
  if (sounds) sound?.play(sounds);
  if (state.log.game.version && table.caughtUp(state)) upToDate();
  if (state.look === before.look) return;
  address(recording.isLive(state) ? null : recording.lookedAt(state));
  clearTimeout(playing);
  if (state.look.playing) playing = setTimeout(() => update(recording.tick(state)), recording.pace(state));
}

let playing; // the timer of the next position

// What people do ----------

function drop(column) {
  const chosen = table.choose(state, column);
  if (!chosen.move) return update(chosen.state);
  const command = connection.send({ type: "move", ...chosen.move });
  timings?.clicked(command);
  return update(table.moving(chosen.state, { id: command, ...chosen.move }));
}

async function joinAs(name) {
  if (state.joining) return undefined;
  rememberName(name);
  update(table.join(state, true));
  const asked = fromEntry(JOINING) ?? newRequest();
  keepInEntry(JOINING, asked); // an answer that was lost is asked for again, after a reload too
  try {
    takeSeat(await joinGame(id, { ...(name && { name }), ...asked }));
    rewriteAddress(location.pathname); // who came to watch plays now, after a reload too
  } catch ({ code }) {
    update(table.tell(state, "problem", { code }));
    if (code === "unreachable") return update(table.join(state, false));
  }
  keepInEntry(JOINING, undefined);
  return update(table.join(state, false));
}

function declineSeat(declined) {
  keepInEntry(JOINING, undefined);
  update(table.decline(state, declined));
}

/** Take the seat of `held`, `{ seat, token }`; null is for watching. */
function takeSeat(held) {
  if (held && !tokens.take(held) && !fromEntry(TOLD)) {
    keepInEntry(TOLD, true);
    update(table.tell(state, "notKept"));
  }
  tabs.hold(held?.seat ?? null);
  connection.authenticate(held?.token ?? null);
  update(table.sit(state, held?.seat ?? null));
}

/** Our seat, as `{ seat, token }`, is played in another tab. */
function leaveSeat(held) {
  spare = held;
  tokens.leave();
  connection.authenticate(null);
  update(table.yieldTo(state, held.seat));
}

let spare = null; // the seat that is ours, but played in another tab

function playHere() {
  tabs.takeOver(spare.seat);
  takeSeat(spare);
}

function mute() {
  if (!sound) return;
  sound.muted = !sound.muted;
  update(table.tell(state, sound.muted ? "soundOff" : "soundOn"));
}

async function read() {
  const { boardRead } = await part("words/explain");
  voice.say(boardRead(state.log.at(recording.lookedAt(state)), nowIn(state)));
}

async function passOn(button) {
  if (!state.log.game.result) return; // it comes again from its beginning
  const module = await part("views/pass_on");
  await module.share({ words: result(state.log), link }, button);
}

async function openMenu() {
  const { Menu } = await part("views/menu");
  menu ??= new Menu({ keys: true });
  menu.open(sound);
}

// What ends ----------

/** The server tells what this page does not know. */
function outdated() {
  connection.close();
  if (!reloadOnce()) update(table.end(state, "tooOld"));
}

function gone(code) {
  if (code !== BAD_TOKEN) return update(table.end(state, "missing"));
  tokens.forget();
  takeSeat(null);
  update(table.tell({ ...state, move: null }, "seatLost"));
  return connection.open();
}

// It begins ----------

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake(3_000)); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => persisted && connection.wake());
addEventListener("hashchange", () => addressed() && recorder.pin(addressed()));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
find("pass-on").addEventListener("click", ({ currentTarget }) => passOn(currentTarget));
find("open-menu").addEventListener("click", openMenu);
tabs.onRival = on(table.rival);
tabs.onTaken = () => {
  leaveSeat(tokens.own);
  if (connection.state === "live") connection.open(); // as who watches
};

render();
globalThis.started(); // see boot.js
if (!watch && tokens.own) takeSeat(tokens.own);
connection.open();
if (!watch && !tokens.own) await comeBack();

/** Take a seat that this browser has had, unless another tab plays it. */
async function comeBack() {
  const held = await tabs.choose(tokens.remembered);
  const [other] = tokens.remembered;
  if (held) takeSeat(held);
  else if (other) leaveSeat(other);
  else if (fromEntry(JOINING)) joinAs(rememberedName());
}

// What a game can be played without comes when all else is there, each part by itself, or when it is asked for.
optional("views/attention", ({ Attention }) => (attention = new Attention()));
optional("views/sound", ({ Sound }) => (sound = new Sound()));
optional("views/log", ({ LogView }) => (logView = new LogView({ go: recorder.pin, asked: again, load: part })));
optional("browser/timings", ({ Timings }) => (timings = new Timings({ changed: again })));
optional("views/keys", ({ listenToKeys }) =>
  listenToKeys({ drop, read, mute, recorder, log: () => logView?.toggle(), help: openMenu }),
);

async function optional(path, begin) {
  begin(await load(path));
  again();
}
