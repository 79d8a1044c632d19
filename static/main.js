// The game page: the one place where connection, log, seat, recorder and views meet.

import { joinGame } from "./api.js";
import { BannerView } from "./banner_view.js";
import { BoardView } from "./board_view.js";
import { BAD_TOKEN, Connection } from "./connection.js";
import { fillDiscs } from "./disc.js";
import { fillText, find, show } from "./dom.js";
import { landing, winner } from "./game.js";
import { InviteView } from "./invite_view.js";
import { listenToKeys } from "./keys.js";
import { Log } from "./log.js";
import { Recorder } from "./recorder.js";
import { RecorderView } from "./recorder_view.js";
import { ResignView } from "./resign_view.js";
import { Tokens } from "./seat.js";
import { rememberName } from "./storage.js";
import { TableView } from "./table_view.js";
import { Tabs } from "./tabs.js";
import { say, text } from "./text.js";
import { announcement, past, problem, refusal, result, status, title } from "./words.js";

fillText();
fillDiscs();

const id = location.pathname.split("/")[2];
const link = `${location.origin}/games/${id}`;
const watch = new URLSearchParams(location.search).has("watch");
const tokens = new Tokens(id);
const tabs = new Tabs(id);

// All that the page knows.
let log = new Log();
let seat = null; // ours, or null for a spectator
let move = null; // ours that is on its way: { id, seat, column, row, version }
let presence = { spectators: 0, connected: [] };
let goal = 0; // the version to catch up with before anything is shown
let missed = null; // how many moves were made while the connection was lost, until it has caught up
let rtt = null; // to the server and back, in ms
let wanted = Number(/^#v(\d+)$/.exec(location.hash)?.[1]); // the version that the address asks for

let attention, logView, sound, timings, menu; // come later, see below

const recorder = new Recorder({ changed: looked });
const board = new BoardView({ drop });
const table = new TableView();
const banner = new BannerView();
const recorderView = new RecorderView(recorder);
const resign = new ResignView({ resign: () => connection.send({ type: "resign" }) });
const invite = new InviteView({ link, watch, join, changed: () => render() });

const connection = new Connection({
  url: (after) => `${location.origin.replace(/^http/, "ws")}/ws/games/${id}?after=${after}`,
  on: { state, welcome, restart, events, accepted, rejected, delayed: () => banner.busy(), presence: present, clock, lost, gone },
});

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake()); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => persisted && connection.wake());
addEventListener("hashchange", () => recorder.go(Number(/^#v(\d+)$/.exec(location.hash)?.[1] ?? Infinity)));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
find("share").addEventListener("click", ({ currentTarget }) => shareResult(currentTarget));
find("open-menu").addEventListener("click", openMenu);
tabs.onRival = () => banner.elsewhere();
listenToKeys({
  drop,
  step: (by) => recorder.step(by),
  first: () => recorder.toFirst(),
  last: () => recorder.toLive(),
  play: () => recorder.toggle(log.game.status === "finished"),
  log: () => logView?.toggle(),
  read,
  mute,
  help: openMenu,
});

render();
table.renderConnection(connection.state);
sit(watch ? null : (tokens.own ?? (await tabs.choose(tokens.remembered))));
connection.open();

// What a game can be played without comes when all else is there, or when it is asked for.
const later = await Promise.all(["attention", "log_view", "sound", "timings"].map((name) => import(`./${name}.js`)));
const [{ Attention }, { LogView }, { Sound }, { Timings }] = later;
attention = new Attention();
logView = new LogView({ go: (version) => recorder.go(version), asked: () => render() });
sound = new Sound();
timings = new Timings();
render();

// What people do ----------------------------------------------------------------------------------------------

function drop(column) {
  const { game } = log;
  if (!recorder.live && game.status === "playing") {
    recorder.toLive();
    return table.notify(text.backFirst);
  }
  if (!seat || game.status !== "playing" || move) return;
  const row = landing(game, column);
  if (game.next !== seat) return table.notify(text.rejections.not_your_turn);
  if (row === null) return table.notify(text.rejections.column_full);
  const { version } = game;
  move = { id: connection.send({ type: "move", column, version }), seat, column, row, version };
  timings?.clicked(move.id);
  sound?.play("drop");
  return render();
}

function mute() {
  if (!sound) return;
  sound.muted = !sound.muted;
  table.notify(text[sound.muted ? "soundOff" : "soundOn"]);
}

async function join(name) {
  rememberName(name);
  try {
    sit(await joinGame(id, name ? { name } : {}));
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
}

/** Another version is looked at. Each has an address of its own. */
function looked({ forward = false }) {
  history.replaceState(null, "", recorder.live ? location.pathname + location.search : `#v${recorder.version}`);
  render({ falling: forward });
}

async function read() {
  const { boardRead } = await import("./explain.js");
  table.announce(boardRead(log.at(recorder.version), seat));
}

async function shareResult(button) {
  const { share } = await import("./share.js");
  const words = say(text.shareWords, { headline: status(log.game, null).headline, detail: result(log, null) });
  await share({ words, link }, button);
}

async function openMenu() {
  const { Menu } = await import("./menu.js");
  menu ??= new Menu({ sound });
  menu.open();
}

// What the server says ----------------------------------------------------------------------------------------

function welcome({ version }) {
  goal = version;
  catchUp([]);
}

// The game is shorter than what was seen of it: its database was brought back from before. Begin anew.
function restart() {
  log = new Log();
  recorder.reset();
  move = null;
}

function lost(code, ms) {
  missed ??= log.game.version ? 0 : -Infinity; // what comes at first was not missed
  const restarting = code === 1001 || code === 1012;
  banner.lost(navigator.onLine ? (restarting ? "restarting" : "lost") : "offline", ms);
}

/** Count what was missed, and say it once the page is where the game is. */
function catchUp(fresh) {
  if (missed === null) return;
  missed += fresh.filter(({ type, command_id }) => type === "MoveMade" && command_id !== move?.id).length;
  if (log.game.version < goal) return;
  banner.back(Math.max(0, missed));
  missed = null;
}

function events(fresh) {
  log.take(fresh);
  recorder.grow(log.game.version, log.events.find(({ type }) => type === "GameStarted")?.version ?? 1);
  catchUp(fresh);
  const own = fresh.some(({ command_id }) => command_id === move?.id);
  if (own) move = null;
  const news = log.game.version > goal; // what we missed just lies there, and is not read out
  if (wanted && log.game.version >= goal) {
    recorder.go(wanted);
    wanted = null;
  }
  render({ falling: news && recorder.live });
  if (!news) return;
  timings?.arrived(fresh);
  table.announce(announcement(log, fresh, seat));
  const { status: now, next } = log.game;
  if (now === "finished") sound?.play(seat && winner(log.game) === seat ? "won" : "over");
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
  presence = message;
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
    show(find("table"), false);
    show(find("no-game"), true);
    document.title = `${text.noSuchGame} – ${text.title}`;
    return;
  }
  tokens.forget();
  move = null;
  sit(null);
  table.notify(text.seatLost);
  connection.open();
}

// What is seen ------------------------------------------------------------------------------------------------

function render({ falling = false } = {}) {
  const { game } = log;
  if (game.version < goal) return; // history comes in many frames, and is shown when it is complete
  const { live } = recorder;
  const shown = log.at(recorder.version);
  const playing = game.status === "playing" && seat !== null;
  const mine = playing && !move && game.next === seat;
  const usual = status(game, seat);
  const now = live ? (game.status === "finished" ? { ...usual, detail: result(log, seat) } : usual) : past(shown, game.version);
  board.render(shown, { pending: live ? move : null, mine: mine && live ? seat : null, falling, past: !live });
  table.render(game, { now, seat, presence, kept: move !== null && connection.state !== "live" });
  recorderView.render(log);
  logView?.render(log, recorder.version, timings);
  resign.render(playing);
  if (attention) attention.render({ title: title(game, seat), turn: mine, playing });
  else document.title = title(game, seat);
  find("columns").inert = invite.render(game, seat);
}
