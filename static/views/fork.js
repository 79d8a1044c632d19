// The dialog by which a game is continued from one of its positions, in a game of its own.

import { asPlayer } from "../browser/player.js";
import { SEATS, Tokens } from "../browser/seat.js";
import { rememberedName, storage } from "../browser/storage.js";
import { goToSeat } from "../browser/to_seat.js";
import { lookedAt } from "../game/recorder.js";
import { ask, joinGame, newRequest } from "../wire/api.js";
import { say, text } from "../words/text.js";
import { problem } from "../words/words.js";
import { fillDiscs } from "./disc.js";
import { makeDialog } from "./dialog.js";
import { find, setAttribute, setText, show } from "./dom.js";

const LEVELS = ["bot:easy", "bot:medium", "bot:hard"];
const PEOPLE = ["friend", "self"];
const USUAL = "bot:medium";

const choice = (name, value, inside) =>
  `<label class="chip"><input type="radio" name="${name}" value="${value}" data-testid="${name}-${value}"><span>${inside}</span></label>`;

const opponents = (some) => some.map((each) => choice("opponent", each, `<span data-text="fork.opponents.${each}"></span>`)).join("");

export class ForkDialog {
  #game;
  #dialog;
  #version; // at which the game is continued
  #request = null; // which had no answer yet, and what it asked for
  #starting = false;

  /** `game` is the id of the one that is continued. */
  constructor(game) {
    this.#game = game;
    this.#dialog = this.#make();
  }

  /** Offer to go on from what a page in `state` looks at. */
  open(state) {
    const { log, seat } = state;
    const position = log.at(lookedAt(state));
    const n = position.moves.length;
    const next = SEATS[n % 2];
    this.#version = Math.max(lookedAt(state), log.start);
    setText(this.#dialog.querySelector(".how"), say(text.fork.how, { n, turn: text.theyPlay[next] }));
    this.#dialog.querySelector(`[name="disc"][value="${seat ?? next}"]`).checked = true;
    this.#complain(null);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #make() {
    const dialog = makeDialog("fork", `
      <form method="dialog">
        <h2 id="fork-title" data-text="fork.title"></h2>
        <p class="how"></p>
        <fieldset class="chips"><legend data-text="fork.against"></legend>
          <p data-text="fork.computer"></p>
          ${opponents(LEVELS)}
          <p data-text="fork.people"></p>
          ${opponents(PEOPLE)}
        </fieldset>
        <fieldset class="chips"><legend data-text="yourDiscs"></legend>
          ${SEATS.map((seat) => choice("disc", seat, `<span data-disc="${seat}"></span><span data-text="seat.${seat}"></span>`)).join("")}
        </fieldset>
        <p class="wrong" data-testid="fork-problem" role="alert" hidden></p>
        <div class="choices">
          <button class="button primary" id="fork-start" data-testid="fork-start" data-text="fork.start"></button>
          <button type="button" class="button quiet" id="fork-cancel" data-testid="fork-cancel" data-text="fork.cancel"></button>
        </div>
      </form>`);
    fillDiscs(dialog);
    for (const level of LEVELS) dialog.querySelector(`[value="${level}"]`).setAttribute("aria-label", `${text.fork.computer}: ${text.fork.opponents[level]}`);
    dialog.querySelector(`[value="${USUAL}"]`).checked = true;
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(new FormData(event.target));
    });
    // Coming back with the browser's back button finds the page as it was left: about to go on.
    addEventListener("pageshow", ({ persisted }) => persisted && this.#ready(true));
    find("fork-cancel").addEventListener("click", () => dialog.close());
    return dialog;
  }

  async #submit(data) {
    if (this.#starting) return;
    const opponent = data.get("opponent");
    // Made while the click is fresh: later no browser lets a page open another tab.
    const tab = opponent === "self" ? window.open("") : null;
    this.#ready(false);
    this.#complain(null);
    try {
      const known = LEVELS.includes(opponent) ? opponent : "human";
      await this.#start({ seat: data.get("disc"), opponent: known, version: this.#version }, tab);
    } catch (error) {
      tab?.close();
      this.#ready(true);
      this.#complain(text.fork.problems[error.code] ?? problem(error));
    }
  }

  async #start(options, tab) {
    const wish = JSON.stringify(options);
    if (this.#request?.wish !== wish) this.#request = { wish, first: newRequest(), second: newRequest() };
    const { first, second } = this.#request;
    const name = rememberedName();
    const made = await asPlayer(name, (secret) => ask(`api/games/${this.#game}/forks`, { ...options, name, ...first }, { secret }));
    if (tab) {
      const session = storage("sessionStorage", tab);
      const tokens = new Tokens(made.game, { session });
      // Where the browser keeps nothing, the other tab asks whether to take the seat.
      if (session.setItem("connect4.second", made.game)) tokens.take(await joinGame(made.game, second));
      tab.location = made.url;
    }
    goToSeat(made);
  }

  #ready(is) {
    this.#starting = !is;
    setAttribute(find("fork-start"), "aria-disabled", !is);
    setText(find("fork-start"), is ? text.fork.start : text.starting);
  }

  /** Say what went wrong; null is for nothing. */
  #complain(words) {
    const alert = this.#dialog.querySelector(".wrong");
    setText(alert, words ?? "");
    show(alert, Boolean(words));
  }
}
