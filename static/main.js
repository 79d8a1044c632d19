// The game page: the one place where connection, game, seat and views meet.

import { joinGame } from "./api.js";
import { BannerView } from "./banner_view.js";
import { BoardView } from "./board_view.js";
import { BAD_TOKEN, Connection } from "./connection.js";
import { fillDiscs } from "./disc.js";
import { fillText, find, show } from "./dom.js";
import { evolve, initial, landing } from "./game.js";
import { InviteView } from "./invite_view.js";
import { ResignView } from "./resign_view.js";
import { Tokens } from "./seat.js";
import { rememberName } from "./storage.js";
import { TableView } from "./table_view.js";
import { Tabs } from "./tabs.js";
import { text } from "./text.js";
import { problem, refusal } from "./words.js";

fillText();
fillDiscs();

const id = location.pathname.split("/")[2];
const tokens = new Tokens(id);
const tabs = new Tabs(id);

// All that the page knows.
let game = initial();
let seat = null; // ours, or null for a spectator
let move = null; // ours that is on its way: { id, seat, column, row, version }
let presence = { spectators: 0, connected: [] };
let goal = 0; // the version to catch up with before anything is shown
let missed = null; // how many moves were made while the connection was lost, until it has caught up

const board = new BoardView({ drop });
const table = new TableView();
const banner = new BannerView();
const resign = new ResignView({ resign: () => connection.send({ type: "resign" }) });
const invite = new InviteView({ link: `${location.origin}/games/${id}`, join, changed: () => render() });

const connection = new Connection({
  url: (after) => `${location.origin.replace(/^http/, "ws")}/ws/games/${id}?after=${after}`,
  on: { state, welcome, restart, events, accepted, rejected, delayed: () => banner.busy(), presence: present, lost, gone },
});

addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake()); // finds out soon whether it is still there
addEventListener("pageshow", ({ persisted }) => persisted && connection.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connection.wake());
document.addEventListener("keydown", keyed);

render();
table.renderConnection(connection.state);
sit(tokens.own ?? (await tabs.choose(tokens.remembered)));
connection.open();

// What people do ----------------------------------------------------------------------------------------------

function drop(column) {
  if (!seat || game.status !== "playing" || move) return;
  const row = landing(game, column);
  if (game.next !== seat) return table.notify(text.rejections.not_your_turn);
  if (row === null) return table.notify(text.rejections.column_full);
  const { version } = game;
  move = { id: connection.send({ type: "move", column, version }), seat, column, row, version };
  return render();
}

function keyed({ key, target, repeat, ctrlKey, metaKey, altKey }) {
  if (repeat || ctrlKey || metaKey || altKey || target.closest("input")) return;
  if (/^[1-7]$/.test(key)) drop(Number(key) - 1);
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

// What the server says ----------------------------------------------------------------------------------------

function welcome({ version }) {
  goal = version;
  catchUp([]);
}

// The game is shorter than what was seen of it: its database was brought back from before. Begin anew.
function restart() {
  game = initial();
  move = null;
}

function lost(code, ms) {
  missed ??= game.version ? 0 : -Infinity; // what comes at first was not missed
  const restarting = code === 1001 || code === 1012;
  banner.lost(navigator.onLine ? (restarting ? "restarting" : "lost") : "offline", ms);
}

/** Count what was missed, and say it once the page is where the game is. */
function catchUp(fresh) {
  if (missed === null) return;
  missed += fresh.filter(({ type, command_id }) => type === "MoveMade" && command_id !== move?.id).length;
  if (game.version < goal) return;
  banner.back(Math.max(0, missed));
  missed = null;
}

function events(fresh) {
  game = fresh.reduce(evolve, game);
  catchUp(fresh);
  if (fresh.some(({ command_id }) => command_id === move?.id)) move = null;
  const news = game.version > goal; // what we missed just lies there, and is not read out
  render({ falling: news });
  if (news) table.announce(game, fresh, seat);
}

function accepted({ id, version }) {
  // Its event may be still to come, and then takes the disc off our hands; if it has been, nothing else will.
  if (id === move?.id && version <= game.version) move = null;
  render();
}

function rejected(message) {
  const reason = refusal(message);
  table.notify(message.id === move?.id ? text.tookBack(reason) : reason);
  if (message.id === move?.id) move = null;
  render();
}

function present(message) {
  presence = message;
  render();
}

function state(now) {
  table.renderConnection(now);
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
  if (game.version < goal) return; // history comes in many frames, and is shown when it is complete
  const playing = game.status === "playing" && seat !== null;
  board.render(game, { pending: move, mine: playing && !move && game.next === seat ? seat : null, falling });
  table.render(game, { seat, presence, kept: move !== null && connection.state !== "live" });
  resign.render(playing);
  find("columns").inert = invite.render(game, seat);
}
