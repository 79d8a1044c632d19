// The log beside the board: the moves as a list, and the events, whose inspector comes when it is first asked for.

import { Log } from "../game/log.js";
import { lookedAt } from "../game/recorder.js";
import { discIcon } from "./disc.js";
import { find, reveal, setAttribute, show } from "./dom.js";
import { say, text } from "../words/text.js";
import { happenedIn } from "../words/news.js";

const WIDE = "(min-width: 56.25em)";

export class LogView {
  #panel = find("log");
  #toggle = find("toggle-log");
  #moves = find("moves");
  #buttons = new Map(); // one for each move, by the version that it made
  #tabs = Object.fromEntries(["moves", "events", "analysis"].map((name) => [name, find(`tab-${name}`)]));
  #tab = "moves";
  #open = matchMedia(WIDE).matches;
  #inspector = null;
  #go;
  #load;
  #asked;
  #log = new Log(); // what the moves are of
  #at = null; // the version of the last of them that stands on the board

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
        const names = Object.keys(this.#tabs).filter((each) => !this.#tabs[each].hidden);
        this.#choose(names.at((names.indexOf(name) + (key === "ArrowLeft" ? -1 : 1)) % names.length));
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

  /** The tab that is shown, or null. */
  get shown() {
    return this.#open ? this.#tab : null;
  }

  /** Open it at the tab `name`. */
  open(name) {
    this.#choose(name);
    if (!this.#open) this.toggle();
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
    else if (this.#tab === "events") this.#inspector?.render(log, version, timings);
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
    if (!log.continues(this.#log)) {
      this.#buttons.clear();
      this.#moves.tBodies[0].replaceChildren();
      this.#log = new Log();
    }
    const shown = this.#log.game.version;
    const moves = new Map(log.moves(shown).map((move) => [move.version, move]));
    this.#log = log;
    for (const event of log.events.slice(shown)) {
      if (moves.has(event.version)) this.#add(moves.get(event.version));
      else if (event.type in text.happened) this.#tell(event, log);
    }
    show(find("no-moves"), !this.#buttons.size && log.game.version > 0);
    show(this.#moves, this.#buttons.size > 0);
    if (log.game.version > shown) this.#strike(log.standing());
    const at = log.standing(version).at(-1) ?? 0;
    if (at === this.#at && this.#moves.querySelector("[aria-current]")) return;
    this.#at = at;
    for (const [made, button] of this.#buttons) {
      setAttribute(button, "aria-current", made === at ? "step" : null);
      if (made === at) reveal(button, this.#moves.parentElement, this.#moves.tHead.offsetHeight);
    }
  }

  /** Moves that do not stand on the board any more are struck out; they can be looked at all the same. */
  #strike(standing) {
    for (const [made, button] of this.#buttons) {
      const retracted = !standing.includes(made);
      if (!retracted || button.dataset.retracted) continue;
      button.dataset.retracted = true;
      setAttribute(button, "aria-label", say(text.moveRetracted, { move: button.getAttribute("aria-label") }));
    }
  }

  /** One row for a move of yellow and the answer to it. */
  #add({ number, seat, column, version }) {
    const [rows] = this.#moves.tBodies;
    let row = [...rows.rows].at(-1);
    if (seat === "yellow" || row?.cells.length !== 2) {
      const head = document.createElement("th");
      Object.assign(head, { scope: "row", textContent: Math.ceil(number / 2) });
      row = rows.insertRow();
      row.append(head);
      if (seat === "red") row.insertCell();
    }
    const button = document.createElement("button");
    button.type = "button";
    button.append(discIcon(seat), column + 1);
    setAttribute(button, "aria-label", say(text.moveLabel[seat], { n: number, column: column + 1 }));
    button.addEventListener("click", () => this.#go(version));
    this.#buttons.set(version, button);
    row.insertCell().append(button);
  }

  /** A row for what happened between two moves. */
  #tell(event, log) {
    const cell = this.#moves.tBodies[0].insertRow().insertCell();
    cell.colSpan = 3;
    cell.className = "told";
    cell.textContent = happenedIn(event, log, null);
  }
}
