// The board on the page: an SVG (its front is in game.html) with seven buttons over it. Only what has changed is touched.

import { disc } from "./disc.js";
import { find, setAttribute, svg } from "./dom.js";
import { bounce, fade, fall } from "./fall.js";
import { COLUMNS, ROWS, discAt, height, landing, lastMove, lines } from "../game/game.js";
import { say, text } from "../words/text.js";

const CELL = 100;
const EDGE = 14;
const HOLE = 41;

const x = (column) => EDGE + CELL * (column + 0.5);
const y = (row) => EDGE + CELL * (ROWS - row - 0.5);
const key = (column, row) => `${column},${row}`;

export class BoardView {
  #root = find("board");
  #buttons;
  #discs = this.#root.querySelector(".discs");
  #marks = this.#root.querySelector(".marks");
  #shown = new Map(); // cell → { seat, element }
  #ghost = null; // { column, row, seat, element }
  #aim = null; // the column that the mouse or the focus is on
  #game;
  #mine = null;

  /** `drop(column)` is called when a column is chosen. */
  constructor({ drop }) {
    this.#buttons = Array.from({ length: COLUMNS }, (_, column) => this.#button(column, drop));
  }

  /**
   * Show `game`. `pending` is the move on its way, `{ seat, column, row, version }`, or null; `mine` the seat that may drop a
   * disc now, or null; `falling` says whether new discs fall into place or just lie there; `past` that it is over.
   */
  render(game, { pending = null, mine = null, falling = false, past = false } = {}) {
    this.#game = game;
    this.#mine = mine;
    // A move that was made on an older board lands nowhere: its refusal is on the way.
    this.#renderDiscs(pending?.version === game.version ? pending : null, falling);
    this.#renderMarks(falling);
    this.#renderButtons();
    this.#renderGhost();
    const { dataset } = this.#root;
    Object.assign(dataset, { version: game.version, moves: game.moves, board: game.board.join("/") });
    dataset.pending = pending ? 1 : 0;
    dataset.turn = game.next ?? "";
    dataset.mine = mine !== null;
    dataset.past = past;
    dataset.four = game.cells.length > 0;
  }

  #renderDiscs(pending, falling) {
    for (let column = 0; column < COLUMNS; column++) {
      for (let row = 0; row < ROWS; row++) {
        const seat = discAt(this.#game, column, row);
        const awaited = !seat && pending?.column === column && pending.row === row;
        this.#renderDisc(column, row, awaited ? pending.seat : seat, awaited, falling);
      }
    }
  }

  #renderDisc(column, row, seat, awaited, falling) {
    const cell = key(column, row);
    let shown = this.#shown.get(cell);
    if (shown && shown.seat !== seat) {
      this.#shown.delete(cell);
      fade(shown.element);
      shown = null;
    }
    if (!seat) return;
    if (!shown) {
      shown = { seat, element: place(disc(seat), column, row) };
      this.#shown.set(cell, shown);
      this.#discs.append(shown.element);
      if (falling || awaited) fall(shown.element.firstChild, row);
    }
    shown.element.classList.toggle("pending", awaited);
    shown.element.classList.toggle("won", this.#game.cells.some((won) => key(...won) === cell));
  }

  /** The last move has a ring, and a four in a row a line, which is drawn once its discs have bounced. */
  #renderMarks(falling) {
    const last = lastMove(this.#game);
    const { cells } = this.#game;
    const wanted = cells.length ? cells : last ? [[last.column, last.row]] : [];
    const name = wanted.join(" ");
    if (this.#marks.dataset.shows === name) return;
    this.#marks.dataset.shows = name;
    const rings = wanted.map(([column, row]) => place(svg("circle", { class: "ring", r: HOLE }), column, row));
    const drawn = lines(cells).flatMap(([from, to]) => {
      const ends = { x1: x(from[0]), y1: y(from[1]), x2: x(to[0]), y2: y(to[1]), pathLength: 1 };
      return ["line edge", "line"].map((name) => svg("line", { class: name, ...ends }));
    });
    this.#marks.replaceChildren(...rings, ...drawn);
    if (falling) cells.forEach((cell, index) => bounce(this.#shown.get(key(...cell)).element.firstChild, index));
  }

  #renderButtons() {
    this.#buttons.forEach((button, column) => {
      const room = landing(this.#game, column) !== null;
      const open = this.#mine !== null && room;
      const values = { column: column + 1, n: height(this.#game, column) };
      const label = say(room ? text.column : text.columnFull, values) + (open ? ` ${text.dropHere}` : "");
      setAttribute(button, "aria-label", label);
      // Not `disabled`: the columns can be read, and the focus stays where it is, while the other one thinks.
      setAttribute(button, "aria-disabled", !open);
    });
  }

  #renderGhost() {
    const column = this.#mine ? this.#aim : null;
    const row = column === null ? null : landing(this.#game, column);
    const wanted = row === null ? null : { column, row, seat: this.#mine };
    const shown = this.#ghost;
    if (wanted && shown && key(wanted.column, wanted.row) === key(shown.column, shown.row) && wanted.seat === shown.seat) return;
    shown?.element.remove();
    this.#ghost = null;
    if (!wanted) return;
    const element = place(disc(wanted.seat), column, row);
    element.classList.add("ghost");
    this.#discs.prepend(element);
    this.#ghost = { ...wanted, element };
  }

  #button(column, drop) {
    const button = find(`column-${column}`);
    const aim = (at) => {
      this.#aim = at;
      if (this.#game) this.#renderGhost();
    };
    // A double click, or a key that is held down, was meant for something else, or once.
    button.addEventListener("click", ({ detail }) => detail > 1 || drop(column));
    button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    // A finger does not hover: after a tap the ghost would stay behind.
    button.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && aim(column));
    const leave = () => this.#aim === column && aim(null); // the mouse may be elsewhere by now
    button.addEventListener("pointerleave", leave);
    button.addEventListener("focus", () => button.matches(":focus-visible") && aim(column));
    button.addEventListener("blur", leave);
    return button;
  }
}

/** `shape` at a cell. The place is on a group around it, so that the shape can fall without losing it. */
export const place = (shape, column, row) => svg("g", { transform: `translate(${x(column)} ${y(row)})` }, shape);
