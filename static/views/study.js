// What there is to do with a game beside playing it: analyse it when it is over, go on from a position of it, see where it
// came from. What that takes comes when it is asked for.

import { isOpen } from "../game/open.js";
import { isLive, lookedAt } from "../game/recorder.js";
import { find, show } from "./dom.js";
import { Lineage } from "./lineage.js";

export class StudyView {
  #how;
  #lineage = new Lineage();
  #analysis; // undefined, null while it is fetched, or the view
  #dialog;

  /** `id` is the game's, `go(version)` looks at a version, `load` fetches a module, and `log()` is the log's view, if it is there. */
  constructor({ id, store, go, load, log }) {
    this.#how = { id, store, go, load, log };
    find("analyse").addEventListener("click", () => log()?.open("analysis"));
    find("continue").addEventListener("click", () => this.#continue());
  }

  render(state) {
    const { log, seat } = state;
    const { status, moves } = log.game;
    const over = status === "finished" && moves !== "";
    const shown = over && this.#how.log()?.shown === "analysis";
    show(find("analyse"), over);
    show(find("tab-analysis"), over);
    show(find("continue"), status === "playing" && seat === null && !isLive(state) && isOpen(log, lookedAt(state)));
    this.#lineage.render(log);
    if (shown && this.#analysis === undefined) this.#fetch();
    this.#analysis?.render(state, shown);
  }

  async #fetch() {
    const { id, store, go, load } = this.#how;
    this.#analysis = null;
    const { AnalysisView } = await load("views/analysis");
    this.#analysis = new AnalysisView({ id, go, changed: () => store.again(), goOn: () => this.#continue() });
    store.again();
  }

  async #continue() {
    const { id, store, load } = this.#how;
    const { ForkDialog } = await load("views/fork");
    this.#dialog ??= new ForkDialog(id);
    this.#dialog.open(store.state);
  }
}
