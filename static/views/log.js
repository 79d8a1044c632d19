// The log beside the board: the moves as a list, and the events, whose inspector comes when it is first asked for.

import { Log } from "../game/log.js";
import { lookedAt } from "../game/recorder.js";
import { discIcon } from "./disc.js";
import { find, reveal, setAttribute, show } from "./dom.js";
import { say, text } from "../words/text.js";

const WIDE = "(min-width: 56.25em)";

export class LogView {
  #panel = find("log");
  #toggle = find("toggle-log");
  #moves = find("moves");
  #buttons = []; // one for each move
  #tabs = { moves: find("tab-moves"), events: find("tab-events") };
  #tab = "moves";
  #open = matchMedia(WIDE).matches;
  #inspector = null;
  #go;
  #load;
  #asked;
  #log = new Log(); // what the moves are of
  #at = null; // after which of them the board is

  /** `go(version)` looks at a version; `asked()` asks for a render, `load` fetches a module. */
  constructor({ go, asked, load }) {
    this.#load = load;
    this.#go = go;
    this.#asked = asked;
    this.#toggle.addEventListener("click", () => this.toggle());
    for (const [name, tab] of Object.entries(this.#tabs)) {
      tab.addEventListener("click", () => this.#choose(name));
      tab.addEventListener("keydown", ({ key }) => {
        if (!/^Arrow(Left|Right)$/.test(key)) return;
        this.#choose(name === "moves" ? "events" : "moves");
        this.#tabs[this.#tab].focus();
      });
    }
  }

  /** Open it, or close it. */
  toggle() {
    this.#open = !this.#open;
    this.#asked();
    if (this.#open) this.#panel.scrollIntoView({ block: "nearest" });
  }

  /** Show the log, of which a version is looked at; `timings` tell how long its moves took. */
  render(state, timings) {
    const { log } = state;
    const version = lookedAt(state);
    show(this.#panel, this.#open);
    setAttribute(this.#toggle, "aria-expanded", this.#open);
    if (!this.#open) return;
    for (const [name, tab] of Object.entries(this.#tabs)) {
      setAttribute(tab, "aria-selected", name === this.#tab);
      setAttribute(tab, "tabindex", name === this.#tab ? 0 : -1);
      show(find(`panel-${name}`), name === this.#tab);
    }
    if (this.#tab === "moves") this.#renderMoves(log, version);
    else this.#inspector?.render(log, version, timings);
  }

  async #choose(name) {
    this.#tab = name;
    this.#asked();
    if (name !== "events" || this.#inspector) return;
    const { Inspector } = await this.#load("views/inspector");
    this.#inspector ??= new Inspector({ go: this.#go });
    this.#asked();
  }

  #renderMoves(log, version) {
    const moves = log.moves();
    if (!log.continues(this.#log)) {
      this.#buttons = [];
      this.#moves.tBodies[0].replaceChildren();
    }
    this.#log = log;
    moves.slice(this.#buttons.length).forEach((move) => this.#add(move));
    show(find("no-moves"), !moves.length && log.game.version > 0);
    show(this.#moves, moves.length > 0);
    const at = log.at(version).moves.length;
    if (at === this.#at && this.#moves.querySelector("[aria-current]")) return;
    this.#at = at;
    this.#buttons.forEach((button, index) => {
      setAttribute(button, "aria-current", index + 1 === at ? "step" : null);
      if (index + 1 === at) reveal(button, this.#moves.parentElement, this.#moves.tHead.offsetHeight);
    });
  }

  /** One row for a move of yellow and the answer to it. */
  #add({ number, seat, column, version }) {
    const [rows] = this.#moves.tBodies;
    if (seat === "yellow" || !rows.rows.length) {
      const head = document.createElement("th");
      Object.assign(head, { scope: "row", textContent: Math.ceil(number / 2) });
      rows.insertRow().append(head);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.append(discIcon(seat), column + 1);
    setAttribute(button, "aria-label", say(text.moveLabel[seat], { n: number, column: column + 1 }));
    button.addEventListener("click", () => this.#go(version));
    this.#buttons.push(button);
    [...rows.rows].at(-1).insertCell().append(button);
  }
}
