// The game page: the one place where connection, log, seat, recorder and views meet.

import { Absence } from "./absence.js";
import { address, addressed } from "./address.js";
import { BannerView } from "./banner_view.js";
import { below } from "./base.js";
import { BoardView } from "./board_view.js";
import { BAD_TOKEN, Connection } from "./connection.js";
import { fillDiscs } from "./disc.js";
import { fillText, find, show } from "./dom.js";
import { landing, winner } from "./game.js";
import { InviteView } from "./invite_view.js";
import { load } from "./load.js";
import { Log } from "./log.js";
import { Recorder } from "./recorder.js";
import { RecorderView } from "./recorder_view.js";
import { ResignView } from "./resign_view.js";
import { Tokens } from "./seat.js";
import { rememberName } from "./storage.js";
import { TableView } from "./table_view.js";
import { Tabs } from "./tabs.js";
import { say, text } from "./text.js";
import { announcement, landed, past, problem, refusal, result, sentence, status } from "./words.js";

fillText();
fillDiscs();

const id = location.pathname.split("/").at(-1);
const link = location.origin + below(`games/${id}`);
const watch = new URLSearchParams(location.search).has("watch");
const tokens = new Tokens(id);
const tabs = new Tabs(id);

// All that the page knows.
let log = new Log();
let seat = null; // ours, or null for a spectator
let move = null; // ours that is on its way: { id, seat, column, row, version }
let presence = { spectators: 0, connected: [] };
let rtt = null; // to the server and back, in ms
let wanted = addressed(); // the version to look at once it is there
let missing = false; // whether there is no such game

const recorder = new Recorder({ changed: looked });
const board = new BoardView({ drop });
const table = new TableView();
const banner = new BannerView();
const absence = new Absence(banner);
const recorderView = new RecorderView(recorder);
const resign = new ResignView({ resign: () => connection.send({ type: "resign" }) });
const invite = new InviteView({ link, watch, join, changed: () => render() });
let attention, logView, sound, timings, menu; // come later, see below

const connection = new Connection({
  url: (after) => location.origin.replace(/^http/, "ws") + below(`ws/games/${id}?after=${after}`),
  on: { state, welcome, restart, events, accepted, rejected, delayed: () => banner.busy(), presence: present, clock, lost, gone },
});

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake(3_000)); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => persisted && connection.wake());
addEventListener("hashchange", () => addressed() && recorder.pin(addressed()));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
find("share").addEventListener("click", ({ currentTarget }) => share(currentTarget));
find("open-menu").addEventListener("click", openMenu);
tabs.onRival = () => banner.elsewhere();

render();
table.renderConnection(connection.state);
sit(watch ? null : (tokens.own ?? (await tabs.choose(tokens.remembered))));
connection.open();

// What a game can be played without comes when all else is there, or when it is asked for.
const later = await Promise.all(["attention", "keys", "log_view", "sound", "timings"].map(load));
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
  if (!seat || game.status !== "playing" || move) return;
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
  const { joinGame } = await load("api");
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
  const { boardRead } = await load("explain");
  table.announce(boardRead(log.at(recorder.version), now()));
}

async function share(button) {
  if (!log.game.result) return; // it comes again from its beginning
  const module = await load("share");
  await module.share({ words: result(log), link }, button);
}

async function openMenu() {
  const { Menu } = await load("menu");
  if (!sound) return;
  menu ??= new Menu({ sound });
  menu.open();
}

// What the server says ----------

function welcome({ version }) {
  absence.welcome(version);
  catchUp([]);
}

// The game is shorter than what was seen of it: its database was brought back from before. Begin anew.
function restart() {
  log = new Log();
  recorder.reset();
  move = null;
}

function lost(code, ms) {
  absence.lost(code, ms, { version: log.game.version, online: navigator.onLine });
}

/** Count what was missed, and say what is going on once the page is where the game is. */
function catchUp(fresh) {
  const moves = fresh.filter(({ type, command_id }) => type === "MoveMade" && command_id !== move?.id);
  if (absence.took(moves.length, log.game.version)) announceNow();
}

function events(fresh) {
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
  if (!news) return;
  timings?.arrived(fresh);
  table.announce(announcement(log, fresh, seat));
  if (is === "finished") sound?.play(seat && winner(log.game) === seat ? "won" : "over");
  else if (next === seat) sound?.play("turn");
  else if (!own) sound?.play("drop"); // our own was heard when it was made
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

function present(message) {
  presence = { ...message, known: true };
  render();
}

function clock(time, ms) {
  timings?.clock(time, ms);
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
  find("columns").inert = invite.render(game, seat);
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
