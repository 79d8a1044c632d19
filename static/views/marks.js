// The moves of a game that is analysed, and what each of them did.

import { markIn, markLabel } from "../words/study.js";
import { discIcon } from "./disc.js";
import { find, reveal, setAttribute, setText } from "./dom.js";
import { make } from "./make.js";

export class MarksView {
  #panel;
  #go;
  #buttons = new Map(); // by ply
  #shown = []; // what was rendered last: the marks, the state of the study, and the ply that is looked at

  /** The list is in `panel`; `go(ply)` looks at a position. */
  constructor(panel, { go }) {
    this.#panel = panel;
    this.#go = go;
  }

  /** List the moves of `study`, two a row, without what each did. */
  list({ moves, from }) {
    const rows = [];
    this.#buttons.clear();
    this.#shown = [];
    for (let ply = from; ply < moves.length; ply++) {
      if (ply % 2 === 0 || !rows.length) {
        rows.push(make("tr", {}, make("th", { scope: "row" }, Math.floor(ply / 2) + 1), ...(ply % 2 ? [make("td", {})] : [])));
      }
      const button = make("button", { type: "button" }, discIcon(ply % 2 ? "red" : "yellow"), moves[ply], make("span", { class: "mark" }));
      button.addEventListener("click", () => this.#go(ply));
      this.#buttons.set(ply, button);
      rows.at(-1).append(make("td", {}, button));
    }
    find("marks").tBodies[0].replaceChildren(...rows);
  }

  /** Show what each move did, as far as `study` knows, and which one is made next where one looks at the position of ply `at`. */
  render(study, at) {
    const [marks, state, before] = this.#shown;
    if (study.marks === marks && study.state === state && at === before) return;
    this.#shown = [study.marks, study.state, at];
    for (const [ply, button] of this.#buttons) {
      setText(button.lastChild, markIn(study, ply));
      setAttribute(button, "aria-label", markLabel(study, ply));
      setAttribute(button, "data-kind", study.marks[ply].kind);
      setAttribute(button, "aria-current", ply === at ? "step" : null);
    }
    if (at !== before) this.#reveal(this.#buttons.get(at));
  }

  /** Scroll to the move in whatever scrolls the list on this screen, if anything does. */
  #reveal(button) {
    const table = find("marks");
    const list = [table.parentElement, this.#panel].find(({ clientHeight, scrollHeight }) => scrollHeight > clientHeight);
    const head = list === this.#panel ? list.firstElementChild : table.tHead; // what stays in sight above the moves
    if (button && list) reveal(button, list, head.offsetHeight);
  }
}
