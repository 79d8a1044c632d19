// The start page: one's games, ways to play, and who is there.

import { rememberClock, rememberedClock } from "../browser/clock_kept.js";
import { fromEntry, keepInEntry } from "../browser/entry.js";
import { load } from "../browser/load.js";
import { keptSeats, myGames } from "../browser/my_games.js";
import { asPlayer } from "../browser/player.js";
import { Tokens } from "../browser/seat.js";
import { rememberName, rememberedName, storage } from "../browser/storage.js";
import { goToSeat } from "../browser/to_seat.js";
import { shownAfter } from "../game/slots.js";
import { ClockChoice } from "../views/clock_choice.js";
import { fillDiscs } from "../views/disc.js";
import { fillText, find, setAttribute, setText, show } from "../views/dom.js";
import { LobbyView } from "../views/lobby.js";
import { setUpMenuButton } from "../views/menu_button.js";
import { OwnGames } from "../views/own_games.js";
import { createGame, joinGame, newRequest } from "../wire/api.js";
import { pageOf, SOCKETS } from "../wire/base.js";
import { LobbyConnection, playNow } from "../wire/lobby.js";
import { say, text } from "../words/text.js";
import { problem } from "../words/words.js";

const WAITING_AT = "waits"; // in the history entry: the seat at which one waits
const KEPT = "connect4.lobby"; // what the lobby showed when the page was left
const LOOK_AGAIN = 15_000; // ms between two looks at one's own games

fillText();
fillDiscs();
document.title = text.title;

const form = find("start");
const name = find("name");
const alert = find("problem");
const levels = [...document.querySelectorAll("[data-level]")];
const ways = [find("play-now"), find("play"), ...levels];

const clock = new ClockChoice(rememberedClock());
name.value = rememberedName();
ready(true);
ways.forEach((button) => (button.disabled = false));
globalThis.started(); // see boot.js

find("listed").addEventListener("change", ({ target }) => show(find("rated").parentElement, target.checked));

const told = (what) => complain({ slow: text.slow, lost: text.lost, gone: text.behind }[what]);
setUpMenuButton(told);

// Ways to play -----------------------------------------------------------------------------------------------------------

let request = null; // which had no answer yet, and what it asked for

/** Ask for a seat by `ask(options, how)`, once, however often `pressed` is; says what went wrong. */
async function takeSeat(wish, pressed, ask) {
  if (pressed.getAttribute("aria-disabled") === "true") return null;
  const called = name.value.trim();
  rememberName(called);
  const words = pressed.textContent;
  ready(false);
  setText(pressed, text.starting);
  complain(null);
  try {
    const asked = JSON.stringify([wish, called]);
    if (request?.asked !== asked) request = { asked, ...newRequest() };
    const { id, token } = request;
    const seat = await asPlayer(called, (secret) => ask({ name: called, id, token }, { secret }));
    request = null;
    return seat;
  } catch (error) {
    ready(true);
    setText(pressed, words);
    complain(problem(error));
    return null;
  }
}

/** The clock that is chosen, which is kept; null where what is written there is none. */
function chosenClock() {
  if (!form.reportValidity()) return undefined;
  rememberClock(clock.chosen);
  return clock.chosen;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const listed = data.has("listed");
  const wish = { seat: data.get("seat"), listed, rated: listed && data.has("rated"), clock: chosenClock() };
  const seat = await takeSeat(wish, find("play"), (own, how) => createGame({ ...wish, ...own }, how));
  if (seat) goToSeat(seat);
});

find("play-now").addEventListener("click", async () => {
  const wish = { clock: chosenClock() };
  if (wish.clock === undefined) return;
  const seat = await takeSeat({ now: true, ...wish }, find("play-now"), (own, how) => playNow({ ...wish, ...own }, how));
  if (seat?.matched) goToSeat(seat);
  else if (seat) waitAt({ ...seat, since: Date.now() });
});

for (const button of levels) {
  button.addEventListener("click", async () => {
    const wish = { opponent: `bot:${button.dataset.level}` };
    const seat = await takeSeat(wish, button, (own, how) => createGame({ ...wish, ...own }, how));
    if (seat) goToSeat(seat);
  });
}

async function joinOpen(entry, button) {
  const seat = await takeSeat({ join: entry.game }, button, (own, how) => joinGame(entry.game, own, how));
  if (seat) goToSeat({ ...seat, url: pageOf(seat.game) });
  else if (!alert.hidden) alert.scrollIntoView({ block: "nearest" });
}

/** Say what went wrong; null is for nothing. */
function complain(words) {
  setText(alert, words ?? "");
  show(alert, Boolean(words));
}

/** Whether there may be another seat to take now. */
function ready(is) {
  ways.forEach((button) => setAttribute(button, "aria-disabled", !is));
  if (!is) return;
  setText(find("play"), text.play);
  setText(find("play-now"), text.lobby.now);
  levels.forEach((button) => setText(button, text.lobby.levels[button.dataset.level]));
}

// Waiting ----------------------------------------------------------------------------------------------------------------

let waiting = null;
let usual = null; // how long it usually takes, in ms

async function waitAt(seat) {
  keepInEntry(WAITING_AT, seat); // it goes on after a reload
  new Tokens(seat.game).take(seat);
  show(find("choosing"), false);
  show(find("waiting"), true);
  setText(find("searching"), text.lobby.searching);
  find("cancel").focus({ preventScroll: true });
  const { Waiting, spanIn } = await load("views/waiting", told);
  sayUsual = () => setText(find("usually"), usual === null ? text.lobby.seldom : say(text.lobby.usually, { time: spanIn(Math.max(5_000, usual)) }));
  sayUsual();
  waiting = new Waiting(seat, (how) => stopWaiting(seat, how));
}

let sayUsual = () => {};

function stopWaiting(seat, how) {
  waiting = null;
  keepInEntry(WAITING_AT, undefined);
  if (how === "found") {
    setText(find("searching"), text.lobby.found);
    return goToSeat(seat);
  }
  new Tokens(seat.game).forget();
  show(find("waiting"), false);
  show(find("choosing"), true);
  setText(find("cancel"), text.lobby.cancel);
  ready(true);
  complain(how === "failed" ? text.lobby.calledOff : null);
  return find("play-now").focus({ preventScroll: true });
}

find("cancel").addEventListener("click", () => {
  setText(find("cancel"), text.lobby.cancelling);
  waiting?.cancel();
});

// One's own games --------------------------------------------------------------------------------------------------------

const ownGames = new OwnGames({
  open: ({ entry, seat, token }) => goToSeat({ game: entry.game, seat, token, url: pageOf(entry.game) }),
});

async function lookAtOwn() {
  if (!document.hidden) ownGames.render((await myGames()).filter(({ entry }) => entry.game !== fromEntry(WAITING_AT)?.game));
}

// Who is there -----------------------------------------------------------------------------------------------------------

const sessionKept = storage("sessionStorage");
const ownSeats = new Set(keptSeats().map(({ game }) => game));
const lobbyView = new LobbyView({ join: joinOpen, isOwn: (game) => ownSeats.has(game) || fromEntry(WAITING_AT)?.game === game });
let inLobby = new Map();

const lobbyConnection = new LobbyConnection({
  url: `${SOCKETS}ws/lobby`,
  on: {
    games: (message, whole) => showGames(shownAfter(inLobby, message, whole)),
    counts: ({ players, games, wait_ms }) => {
      const here = say(text.lobby.playersHere, { n: players });
      setText(find("counts"), say(text.lobby.counts, { players: here, n: games }));
      usual = wait_ms ?? null;
      sayUsual();
    },
    forgotten: ({ player }) => {
      lobbyView.forget(player);
      if (ownGames.shows(player)) lookAtOwn();
    },
    lost: () => setText(find("counts"), text.lobby.offline),
  },
});

function showGames(games) {
  inLobby = games;
  lobbyView.render(inLobby);
}

// Whoever comes back finds the page as it was left, and where it was left.
if (["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type)) {
  const kept = sessionKept.getItem(KEPT);
  if (kept) showGames(new Map(JSON.parse(kept).map((entry) => [entry.game, entry])));
}

addEventListener("pagehide", () => {
  sessionKept.setItem(KEPT, JSON.stringify([...inLobby.values()]));
  lobbyConnection.close(); // a page with an open socket is not kept for coming back
});

addEventListener("pageshow", ({ persisted }) => {
  if (persisted) ready(!waiting);
  lobbyConnection.open();
  lookAtOwn();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  waiting?.wake();
  lookAtOwn();
});

setInterval(lookAtOwn, LOOK_AGAIN);
lobbyConnection.open();
if (fromEntry(WAITING_AT)) {
  ready(false);
  waitAt(fromEntry(WAITING_AT));
}
