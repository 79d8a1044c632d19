// All that the game page knows, and how it changes: each function here takes the state and returns the one after something
// has happened. Pure: no DOM, no network, no clock; what time it is comes with what happens.

import { known, landing } from "./game.js";
import { Log } from "./log.js";
import { AT_PRESENT, isLive, pin, toLive } from "./recorder.js";

const RESTARTS = new Set([1001, 1012]); // how a server that ends closes
const GONE_AFTER = 30_000; // ms; a restart takes no longer

/** Who is there, while that is not known; `seen` is who was connected at any time. */
const NOBODY = { spectators: 0, connected: [], known: false, seen: [] };

/**
 * What a page knows at first; `watch` says that it was opened by the link to watch, `wanted` is a version to look at, and
 * `events` are those that the browser has kept of the game.
 */
export const begin = ({ watch = false, wanted = null, events = [] } = {}) => ({
  log: new Log().with(events),
  confirmed: false, // whether the log is what was told since the page was opened, and not only what was kept
  seat: null, // ours, or null for a spectator
  elsewhere: null, // the seat that is ours, but played in another tab
  move: null, // ours that is on its way: { id, seat, column, row, version }
  asked: null, // of ours that is on its way and no move: { id, type }
  offset: null, // ms from this page's clock to the server's, or a little less: never more
  series: null, // the points of each player in the games before this, by the player's id; null where there is none
  presence: NOBODY,
  link: { state: "connecting", rtt: null }, // the connection, and its way there and back in ms
  away: null, // while it is lost: { since, restarting }, since when in ms
  stuck: null, // after a while without: "blocked" where HTTP still has the game, "unreachable" where nothing does
  goal: events.length, // the version at which the page knows all that was there when it connected
  missed: null, // how many moves were made while it was away, until it has caught up
  welcomed: false, // whether the server said so since the connection was lost
  gone: null, // the log before the game went back, and the ids of commands that were given in it: { log, commands }
  look: AT_PRESENT, // see recorder.js
  wanted,
  declined: watch, // whether our seat was offered, and is not wanted
  joining: false,
  end: null, // why there is nothing more to come: "missing" or "tooOld"
  behind: false, // whether the server has another release than this page by now
  refused: null, // the server's sentence, while it takes no sockets from this page
  ribbon: null, // what goes on for a while: { what, … }, see words.js
  told: null, // what was said last: { what, … }, see words.js
});

/** Whether the page knows all that was there when it connected: until then nothing is shown. */
export const caughtUp = ({ goal, log }) => log.game.version >= goal;

/** Whether the latest version is news, and not what others saw before. */
export const isNews = ({ goal, log }) => log.game.version > goal;

/** Whether the players have agreed to another game, and whoever is here goes on to it. Who looks at the past is left there. */
export const leadsOn = (before, after) =>
  Boolean(after.log.game.rematch && !before.log.game.rematch && isNews(after) && caughtUp(before)) && (after.seat !== null || isLive(after));

/** Whether a move can be made right now, in what is looked at. */
export const mayMove = (state) =>
  state.seat !== null && state.log.game.next === state.seat && !state.move && isPlayable(state) && isLive(state);

/** Whether the log may be the game as it is, and not only as it was. */
export const isCurrent = ({ confirmed, stuck }) => confirmed && stuck !== "unreachable";

/** Whether anything can be done in the game, as far as the page knows. */
export const isPlayable = ({ confirmed, stuck, end }) => confirmed && !stuck && !end;

/** Which of `events`, kept by the browser, are the beginning of a log that this page understands. */
export const understood = (events) => (events.every(({ type, version }, index) => known(type) && version === index + 1) ? events : []);

// What people do ----------

/** Say something for a while. */
export const tell = (state, what, more = {}) => ({ ...state, told: { what, ...more } });

/**
 * A part of the page that somebody asked for is "slow" to come, does not come ("lost"), or is "gone" from the server;
 * null is for here.
 */
export function fetching(state, what) {
  if (what === "slow" || what === "lost") return tell(state, what);
  return { ...state, behind: what === "gone" };
}

/** Our seat is `seat` from now on; null is for watching. */
export const sit = (state, seat) => ({ ...state, seat, elsewhere: null });

/** Our seat, `seat`, is played in another tab of this browser. */
export const yieldTo = (state, seat) => ({ ...state, seat: null, move: null, asked: null, elsewhere: seat });

export const join = (state, joining) => ({ ...state, joining });

export const decline = (state, declined) => ({ ...state, declined });

/** A column was chosen: `{ state, move }`, where `move` is what to send, or null where none can be made. */
export function choose(state, column) {
  const { game } = state.log;
  const no = (after) => ({ state: after, move: null });
  if (!state.seat || game.status !== "playing" || state.move || state.end) return no(state);
  if (!isPlayable(state)) return no(tell(state, state.stuck ? "outOfReach" : "notYet"));
  if (!isLive(state)) return no(tell(toLive(state), "backFirst"));
  if (game.next !== state.seat) return no(tell(state, "rejected", { code: "not_your_turn" }));
  if (landing(game, column) === null) return no(tell(state, "rejected", { code: "column_full" }));
  return { state, move: { column, version: game.version } };
}

/** The move that was chosen is on its way, by the name of `id`. */
export function moving(state, { id, column, version }) {
  const { seat, log } = state;
  return { ...state, move: { id, seat, column, row: landing(log.game, column), version } };
}

/** The move that was refused is to be made again, as `{ column, version }`, where only words came between; or null. */
export function repeated(state, { id, code }) {
  const { move, seat, log } = state;
  const { game } = log;
  if (id !== move?.id || code !== "stale_version" || game.version === move.version) return null;
  const same = game.next === seat && log.at(move.version).moves === game.moves;
  return same ? { column: move.column, version: game.version } : null;
}

/** A command that is no move is on its way: `{ id, type }`. */
export const asking = (state, asked) => ({ ...state, asked });

// What the server says ----------

/** It was heard at `now` of the page's clock. */
export function welcome(state, { version, server_time }, now = 0) {
  const clocked = heardTime({ ...state, offset: null }, server_time, now);
  return arrive({ ...clocked, goal: version, stuck: null, welcomed: true, refused: null });
}

// A message takes its time to come, so the server's clock is never behind what this says.
function heardTime(state, server_time, now) {
  if (!server_time) return state;
  return { ...state, offset: Math.max(state.offset ?? -Infinity, Date.parse(server_time) - now) };
}

/** `events` come next in the log. */
export function take(state, events) {
  if (!events.every(({ type }) => known(type))) return end(state, "tooOld");
  const has = (command) => command && events.some(({ command_id }) => command_id === command.id);
  const moves = events.filter(({ type, command_id }) => type === "MoveMade" && command_id !== state.move?.id).length;
  const log = state.log.with(events);
  return arrive({
    ...state,
    log,
    move: has(state.move) ? null : state.move,
    asked: has(state.asked) ? null : state.asked,
    told: log.game.status === "finished" ? null : state.told, // how it ended is all there is to say
    missed: state.missed === null || state.stuck ? state.missed : state.missed + moves,
  });
}

/** The server's log is not the one that was told; `commands` had no answer yet, and are not sent again. */
export function restart(state, commands) {
  const given = [...commands.map(({ id }) => id), ...(state.move ? [state.move.id] : [])];
  const gone = { log: state.gone?.log ?? state.log, commands: [...(state.gone?.commands ?? []), ...given] };
  return { ...state, log: new Log(), move: null, asked: null, look: AT_PRESENT, gone };
}

export function accepted(state, { id, version }) {
  // Its event may be still to come, and then takes the disc off our hands; if it has been, nothing else will.
  if (version > state.log.game.version) return state;
  if (id === state.asked?.id) return { ...state, asked: null };
  return id === state.move?.id ? { ...state, move: null } : state;
}

export function rejected(state, { id, code, detail }) {
  if (id === state.asked?.id) return refusedToAsk(state, { code, detail });
  const ours = id === state.move?.id;
  const after = ours ? { ...state, move: null } : state;
  if (state.log.game.status === "finished") return after; // a race that was lost: how it ended is all there is to say
  return tell(after, ours ? "tookBack" : "rejected", { code, detail });
}

function refusedToAsk(state, { code, detail }) {
  const { type } = state.asked;
  const after = { ...state, asked: null };
  if (code === "game_over" && state.log.game.status === "finished") return after; // as above
  return tell(after, "rejected", { type, code, detail });
}

/** A command was refused for now, and is sent again. */
export const delayed = (state) => ({ ...state, ribbon: { what: "busy" } });

/** Another tab has come with our seat, and yields. */
export const rival = (state) => ({ ...state, ribbon: { what: "elsewhere" } });

export function attend(state, presence) {
  const seen = [...new Set([...state.presence.seen, ...presence.connected])];
  return { ...state, presence: { ...presence, known: true, seen } };
}

// How the connection does ----------

/** It is "connecting", "live", "reconnecting", "refused" or "gone". */
export const linked = (state, link) => ({ ...state, link: { ...state.link, state: link } });

/** A message and its answer took `rtt` ms; the answer said the server's time, and came at `now` of the page's clock. */
export const measured = (state, rtt, server_time, now) =>
  heardTime({ ...state, link: { ...state.link, rtt } }, server_time, now);

/** The games before this one came out so, see `series`. */
export const inSeries = (state, series) => ({ ...state, series });

/**
 * It was lost with `code` at the time `now`, and is tried again in `wait` ms; `why` and `detail` are what the server
 * answered when it was asked, see origin.js.
 */
export function lost(state, { code, wait, why = null, detail = "", online, now }) {
  const since = state.away?.since ?? now;
  const restarting = RESTARTS.has(code) || Boolean(state.away?.restarting);
  const what = !online ? "offline" : now - since >= GONE_AFTER ? "unreachable" : restarting ? "restarting" : "lost";
  const until = now + wait;
  return {
    ...state,
    away: { since, restarting },
    welcomed: false,
    missed: state.log.game.version ? (state.missed ?? 0) : -Infinity, // what comes at first was not missed
    refused: why === "refused" ? detail : null,
    ribbon: why === "refused" || state.stuck ? null : { what, since, until },
  };
}

/** There has been no socket for a while, and HTTP has the game, at `version`. */
export function fetched(state, version) {
  const first = !state.log.game.version; // what comes at first is no news
  return stick({ ...state, confirmed: true, goal: first ? version : state.goal }, "blocked");
}

/** There has been no socket for a while, and no answer by HTTP, either. */
export function unfetched(state, { online, now }) {
  const patient = state.away?.restarting && now - state.away.since < GONE_AFTER;
  return !online || patient ? state : stick(state, "unreachable");
}

const stick = (state, stuck) => ({ ...state, stuck, presence: NOBODY, ribbon: null });

/** Nothing more comes, for the reason `why`. */
export const end = (state, why) => ({ ...state, end: why, ribbon: null });

// The page may know by now all that was there when it connected.
function arrive(state) {
  if (!caughtUp(state)) return state;
  return lookAtWanted(wentBack(isBack({ ...state, confirmed: true })));
}

function isBack(state) {
  if (state.missed === null || !state.welcomed) return state;
  return { ...state, away: null, missed: null, ribbon: { what: "back", n: Math.max(0, state.missed) } };
}

// What was given in the part of the game that is lost is not played, unless it is in the other part.
function wentBack(state) {
  if (!state.gone) return state;
  const { log, commands } = state.gone;
  const n = state.log.lostOf(log);
  const after = { ...state, gone: null, ribbon: { what: "wentBack", n } };
  return commands.some((id) => !state.log.has(id)) ? tell(after, "tookBack", { code: "went_back", n }) : after;
}

function lookAtWanted(state) {
  return state.wanted === null ? state : pin({ ...state, wanted: null }, state.wanted);
}
