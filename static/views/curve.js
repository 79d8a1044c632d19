// The curve of a game: above the middle yellow is ahead, below it red, and the further from it, the sooner that one wins.

import { curve } from "../game/analysis.js";
import { plies } from "../game/study.js";
import { setAttribute, svg } from "./dom.js";

const STEP = 10; // of the drawing, for a position
const HIGH = 40; // from its middle to the top

export class CurveView {
  #svg;
  #areas = svg("g");
  #turns = svg("g");
  #cursor = svg("path", { class: "cursor" });
  #solved = null; // the values that are drawn
  #plies = [];

  /** `go(ply)` looks at a position. */
  constructor(root, { go }) {
    this.#svg = root;
    root.append(this.#areas, this.#turns, this.#cursor);
    const look = ({ clientX }) => {
      const { left, width } = root.getBoundingClientRect();
      const index = Math.floor(((clientX - left) / width) * this.#plies.length);
      go(this.#plies[Math.max(0, Math.min(index, this.#plies.length - 1))]);
    };
    root.addEventListener("pointerdown", (event) => {
      root.setPointerCapture(event.pointerId);
      look(event);
    });
    root.addEventListener("pointermove", (event) => root.hasPointerCapture(event.pointerId) && look(event));
  }

  /** Show `study`, of which the position at `ply` is looked at, or none that is in it where that is null; `label()` tells it. */
  render(study, ply, label) {
    if (study.values !== this.#solved) {
      this.#solved = study.values;
      this.#draw(study);
      setAttribute(this.#svg, "aria-label", label());
    }
    setAttribute(this.#cursor, "d", ply === null ? "" : `M${STEP * (ply - study.from + 0.5)} ${-HIGH - 6}V${HIGH + 6}`);
  }

  #draw(study) {
    this.#plies = plies(study);
    const width = STEP * this.#plies.length;
    setAttribute(this.#svg, "viewBox", `0 ${-HIGH - 6} ${width} ${2 * HIGH + 12}`);
    const heights = curve(study.values.map((value) => value ?? null));
    this.#areas.replaceChildren(
      svg("path", { class: "middle", d: `M0 0H${width}` }),
      ...this.#plies.flatMap((ply, index) => bar(heights[ply], STEP * index)),
    );
    const turns = this.#plies.filter((ply) => study.marks[ply]?.kind === "lost");
    this.#turns.replaceChildren(...turns.map((ply) => svg("path", { class: "turn", d: `M${STEP * (ply - study.from + 1)} 0v0.01` })));
  }
}

function bar(height, x) {
  if (height === null) return [svg("path", { class: "open", d: `M${x} 0h${STEP}` })];
  if (height === 0) return [svg("path", { class: "even", d: `M${x} 0h${STEP}` })];
  const attributes = { x, width: STEP, y: Math.min(0, -height * HIGH), height: Math.abs(height) * HIGH };
  return [svg("rect", { class: height > 0 ? "yellow-bar" : "red-bar", ...attributes })];
}
