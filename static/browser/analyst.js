// The worker that analyses, and its end: it is there only while somebody waits for it.

import { asset } from "./load.js";

const PATH = "workers/analysis";

export class Analyst {
  #worker = null;

  /**
   * Analyse the game of these `moves`, from its end back to the position after `from` of them, with at most so many `nodes`
   * for each position. `told(message)` is called with `{ ply, value, best }` for each, see game/solver.js, with `{ spent }`,
   * the share of the nodes that are spent on the next one, and at last with `{ done }`, or `{ failed }` where it cannot start.
   */
  start({ moves, from, nodes }, told) {
    this.stop();
    const worker = new Worker(asset(`${PATH}.js`), { type: "module" });
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#worker === worker && told(data); // what was sent before its end may still come
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker === worker) told({ failed: true });
    };
    worker.postMessage({ moves, from, nodes });
  }

  /** End it, whatever it is at. */
  stop() {
    this.#worker?.terminate();
    this.#worker = null;
  }
}
