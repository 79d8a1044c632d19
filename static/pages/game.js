// The game page: the one place where connection, log, seat, recorder and views meet.

import { Absence } from "../game/absence.js";
import { address, addressed } from "../browser/address.js";
import { BannerView } from "../views/ribbon.js";
import { BASE } from "../wire/base.js";
import { BoardView } from "../views/board.js";
import { BAD_TOKEN, Connection } from "../wire/connection.js";
import { fillDiscs } from "../views/disc.js";
import { fillText, find, show } from "../views/dom.js";
import { known, landing, winner } from "../game/game.js";
import { InviteView } from "../views/invite.js";
import { load } from "../browser/load.js";
import { Log } from "../game/log.js";
import { NoticeView } from "../views/notice.js";
import { reloadOnce, upToDate } from "../browser/reload.js";
import { Recorder } from "../game/recorder.js";
import { askServer } from "../wire/origin.js";
import { RecorderView } from "../views/recorder.js";
import { ResignView } from "../views/resign.js";
import { Tokens } from "../browser/seat.js";
import { rememberName } from "../browser/storage.js";
import { TableView } from "../views/table.js";
import { Tabs } from "../browser/tabs.js";
import { say, text } from "../words/text.js";
import { announcement, back, landed, past, problem, refusal, result, sentence, status } from "../words/words.js";

fillText();
fillDiscs();

const id = location.pathname.split("/").at(-1);
const link = `${BASE}games/${id}`;
const sockets = String(BASE).replace(/^http/, "ws");
const watch = new URLSearchParams(location.search).has("watch");
const tokens = new Tokens(id);
const tabs = new Tabs(id);

// All that the page knows.
let log = new Log();
let before = null; // the log before the game went back, until the page has caught up
let undone = []; // the ids of commands that were given in it
let seat = null; // ours, or null for a spectator
let move = null; // ours that is on its way: { id, seat, column, row, version }
let presence = { spectators: 0, connected: [] };
let rtt = null; // to the server and back, in ms
let wanted = addressed(); // the version to look at once it is there
let missing = false; // whether there is no such game
let tooOld = false; // whether the server tells what this page does not know

const recorder = new Recorder({ changed: looked });
const board = new BoardView({ drop });
const table = new TableView();
const banner = new BannerView();
const notice = new NoticeView();
const absence = new Absence(banner);
const recorderView = new RecorderView(recorder);
const resign = new ResignView({ resign: () => connection.send({ type: "resign" }) });
const invite = new InviteView({ link, watch, join, changed: () => render() });
let attention, logView, sound, timings, menu; // come later, see below

const connection = new Connection({
  ask: askServer,
  url: (after, last) => `${sockets}ws/games/${id}?${new URLSearchParams({ after, ...(last && { last }) })}`,
  on: { state, welcome, restart, events, accepted, rejected, delayed: () => banner.busy(), presence: present, roundTrip, lost, outdated, gone },
});

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake(3_000)); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => persisted && connection.wake());
addEventListener("hashchange", () => addressed() && recorder.pin(addressed()));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
find("pass-on").addEventListener("click", ({ currentTarget }) => share(currentTarget));
find("open-menu").addEventListener("click", openMenu);
tabs.onRival = () => banner.elsewhere();

render();
table.renderConnection(connection.state);
sit(watch ? null : (tokens.own ?? (await tabs.choose(tokens.remembered))));
connection.open();

// What a game can be played without comes when all else is there, or when it is asked for.
const later = await Promise.all(["views/attention", "views/keys", "views/log", "views/sound", "browser/timings"].map(load));
const [{ Attention }, { listenToKeys }, { LogView }, { Sound }, { Timings }] = later;
attention = new Attention();
logView = new LogView({ go: (version) => recorder.pin(version), asked: () => render() });
sound = new Sound();
timings = new Timings({ changed: () => render() });
listenToKeys({ drop, read, mute, recorder, log: () => logView.toggle(), help: openMenu });
render();

// What people do ----------

function drop(column) {
  const { game } = log;
  if (!seat || game.status !== "playing" || move || tooOld) return;
  if (!recorder.live) {
    recorder.toLive();
    return table.notify(text.backFirst);
  }
  const row = landing(game, column);
  if (game.next !== seat) return table.notify(text.rejections.not_your_turn);
  if (row === null) return table.notify(text.rejections.column_full);
  const { version } = game;
  move = { id: connection.send({ type: "move", column, version }), seat, column, row, version };
  timings?.clicked(move.id);
  sound?.play("drop");
  return render();
}

async function join(name) {
  rememberName(name);
  const { joinGame } = await load("wire/api");
  try {
    sit(await joinGame(id, name ? { name } : {}));
    history.replaceState(null, "", location.pathname); // who came to watch plays now, after a reload too
  } catch (error) {
    table.notify(problem(error));
  }
}

/** Take the seat of `held`, `{ seat, token }`; null is for watching. */
function sit(held) {
  seat = held?.seat ?? null;
  if (held) tokens.take(held);
  tabs.hold(seat);
  connection.authenticate(held?.token ?? null);
  render();
  if (seat && log.game.next === seat) announceNow();
}

/** Another version is looked at. */
function looked({ forward = false }) {
  render({ falling: forward });
  address(recorder.live ? null : recorder.version);
  if (recorder.live || recorder.playing) return;
  const made = log.moves(recorder.version - 1).find(({ version }) => version === recorder.version);
  table.announce(`${now().detail} ${made ? landed(made) : ""}`);
}

function mute() {
  sound.muted = !sound.muted;
  table.notify(text[sound.muted ? "soundOff" : "soundOn"]);
}

async function read() {
  const { boardRead } = await load("words/explain");
  table.announce(boardRead(log.at(recorder.version), now()));
}

async function share(button) {
  if (!log.game.result) return; // it comes again from its beginning
  const module = await load("views/pass_on");
  await module.share({ words: result(log), link }, button);
}

async function openMenu() {
  const { Menu } = await load("views/menu");
  if (!sound) return;
  menu ??= new Menu({ sound });
  menu.open();
}

// What the server says ----------

function welcome({ version }) {
  notice.hide();
  absence.welcome(version);
  timings?.connected();
  catchUp([]);
}

// The server's log is not the one that was told: its database was brought back from before. Begin anew.
function restart(commands) {
  before ??= log;
  undone.push(...commands.map((command) => command.id), ...(move ? [move.id] : []));
  log = new Log();
  recorder.reset();
  move = null;
}

/** Say by how much the game went back, and that what was given in the lost part of it is not played. */
function wentBack() {
  const words = back(log.lostOf(before));
  banner.tell(words);
  if (undone.some((command) => !log.has(command))) table.notify(say(text.tookBack, { reason: words }));
  before = null;
  undone = [];
}

function lost({ code, wait, why, detail }) {
  if (why === "refused") {
    banner.hide();
    return notice.say(say(text.refused, { origin: location.origin }), { detail });
  }
  notice.hide();
  return absence.lost(code, wait, { version: log.game.version, online: navigator.onLine });
}

/** Count what was missed, and say what is going on once the page is where the game is. */
function catchUp(fresh) {
  const moves = fresh.filter(({ type, command_id }) => type === "MoveMade" && command_id !== move?.id);
  if (absence.caughtUp(log.game.version)) upToDate();
  if (absence.took(moves.length, log.game.version)) announceNow();
  if (before && absence.caughtUp(log.game.version)) wentBack();
}

function events(fresh) {
  if (!fresh.every(({ type }) => known(type))) return outdated();
  log.take(fresh);
  const { version, status: is, next } = log.game;
  const first = log.events.find(({ type }) => type === "GameStarted")?.version;
  recorder.grow(version, { first, over: is === "finished" });
  catchUp(fresh);
  const own = fresh.some(({ command_id }) => command_id === move?.id);
  if (own) move = null;
  const news = absence.isNews(version); // what we missed just lies there, and is not read out
  if (wanted && absence.caughtUp(version)) {
    recorder.pin(wanted);
    wanted = null;
  }
  render({ falling: news && recorder.live });
  if (!news) return undefined;
  timings?.arrived(fresh);
  table.announce(announcement(log, fresh, seat));
  if (is === "finished") sound?.play(seat && winner(log.game) === seat ? "won" : "over");
  else if (next === seat) sound?.play("turn");
  else if (!own) sound?.play("drop"); // our own was heard when it was made
  return undefined;
}

function accepted({ id, version }) {
  // Its event may be still to come, and then takes the disc off our hands; if it has been, nothing else will.
  if (id === move?.id && version <= log.game.version) move = null;
  render();
}

function rejected(message) {
  const reason = refusal(message);
  table.notify(message.id === move?.id ? say(text.tookBack, { reason }) : reason);
  if (message.id === move?.id) move = null;
  render();
}

/** The server tells what this page does not know. */
function outdated() {
  connection.close();
  banner.hide();
  tooOld = true;
  if (!reloadOnce()) notice.say(text.tooOld, { choices: { [text.reload]: () => location.reload() } });
}

function present(message) {
  presence = { ...message, known: true };
  render();
}

function roundTrip(ms) {
  timings?.roundTrip(ms);
  rtt = ms;
  table.renderConnection(connection.state, rtt);
}

function state(now) {
  table.renderConnection(now, rtt);
  render();
}

function gone(code) {
  banner.hide();
  if (code !== BAD_TOKEN) {
    missing = true;
    show(find("table"), false);
    show(find("no-game"), true);
    return render();
  }
  tokens.forget();
  move = null;
  sit(null);
  table.notify(text.seatLost);
  return connection.open();
}

// What is seen ----------

function render({ falling = false } = {}) {
  const { game } = log;
  if (!absence.caughtUp(game.version)) return; // history comes in many frames, and is shown when it is complete
  const { live, version } = recorder;
  const playing = game.status === "playing" && seat !== null;
  const mine = playing && !move && game.next === seat;
  board.render(log.at(version), { pending: live ? move : null, mine: mine && live ? seat : null, falling, past: !live });
  table.render(log, { now: now(), live, seat, presence, kept: move !== null && connection.state !== "live" });
  recorderView.render(log);
  logView?.render(log, version, timings);
  resign.render(playing);
  const title = `${missing ? text.noSuchGame : status(game, seat).headline} – ${text.title}`;
  if (attention) attention.render({ title, turn: mine, playing });
  else document.title = title;
  find("columns").inert = invite.render(game, seat) || tooOld;
}

/** What is going on in what is looked at, as words.js has it. */
function now() {
  const { game } = log;
  return recorder.live ? status(game, seat) : past(log.at(recorder.version), game.version);
}

function announceNow() {
  const { headline, detail } = now();
  table.announce(`${sentence(headline)} ${detail}`);
}
