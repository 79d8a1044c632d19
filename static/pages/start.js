// The start page: a name, a seat, and off to the game.

import { createGame, newRequest } from "../wire/api.js";
import { fillDiscs } from "../views/disc.js";
import { fillText, find, setAttribute, setText, show } from "../views/dom.js";
import { load } from "../browser/load.js";
import { rememberClock, rememberedClock } from "../browser/clock_kept.js";
import { asPlayer } from "../browser/player.js";
import { rememberName, rememberedName } from "../browser/storage.js";
import { goToSeat } from "../browser/to_seat.js";
import { ClockChoice } from "../views/clock_choice.js";
import { text } from "../words/text.js";
import { problem } from "../words/words.js";

fillText();
fillDiscs();
document.title = text.title;

const form = find("start");
const name = find("name");
const play = find("play");
const alert = find("problem");

const clock = new ClockChoice(rememberedClock());
name.value = rememberedName();
ready(true);
play.disabled = false;
globalThis.started(); // see boot.js

find("listed").addEventListener("change", ({ target }) => show(find("rated").parentElement, target.checked));

let menu;
find("open-menu").addEventListener("click", async () => {
  const { Menu } = await load("views/menu", (what) => complain({ slow: text.slow, lost: text.lost, gone: text.behind }[what]));
  menu ??= new Menu();
  menu.open();
});

// Coming back with the browser's back button finds the page as it was left: about to start.
addEventListener("pageshow", ({ persisted }) => persisted && ready(true));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (play.getAttribute("aria-disabled") === "true") return;
  ready(false);
  complain(null);
  try {
    const data = new FormData(form);
    await start({ name: name.value.trim(), seat: data.get("seat"), listed: data.has("listed"), rated: data.has("listed") && data.has("rated"), clock: clock.chosen });
  } catch (error) {
    ready(true);
    complain(problem(error));
  }
});

/** Say what went wrong; null is for nothing. */
function complain(words) {
  setText(alert, words ?? "");
  show(alert, Boolean(words));
}

let request = null; // which had no answer yet, and what it asked for

async function start(options) {
  rememberName(options.name);
  rememberClock(options.clock);
  const wish = JSON.stringify(options);
  if (request?.wish !== wish) request = { wish, ...newRequest() };
  const { id, token } = request;
  goToSeat(await asPlayer(options.name, (secret) => createGame({ ...options, id, token }, { secret })));
  request = null;
}

function ready(is) {
  setAttribute(play, "aria-disabled", !is);
  setText(play, is ? text.play : text.starting);
}
