// What there is to do with a game beside playing it: share how it came out, analyse it, go on from a position of it, see where
// it came from. What that takes comes when it is asked for.

import { isOpen } from "../game/open.js";
import { isLive, lookedAt } from "../game/recorder.js";
import { find, show } from "./dom.js";
import { Lineage } from "./lineage.js";

export class StudyView {
  #how;
  #lineage = new Lineage();
  #analysis; // undefined, null while it is fetched, or the view
  #dialog;

  /**
   * `id` is the game's, `link` what is handed on, `go(version)` looks at a version, `load` fetches a module, and `log()` is the
   * log's view, if it is there.
   */
  constructor({ id, link, store, go, load, log }) {
    this.#how = { id, link, store, go, load, log };
    find("pass-on").addEventListener("click", ({ currentTarget }) => this.#share(currentTarget));
    find("analyse").addEventListener("click", () => log()?.open("analysis"));
    find("continue").addEventListener("click", () => this.#continue());
  }

  render(state) {
    const { log, seat } = state;
    const { status, moves, result } = log.game;
    const over = status === "finished" && moves !== "";
    const shown = over && this.#how.log()?.shown === "analysis";
    show(find("pass-on"), result !== null && isLive(state));
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

  async #share(button) {
    const { link, store, load } = this.#how;
    if (!store.state.log.game.result) return; // it comes again from its beginning
    const { shareResult } = await load("views/pass_on");
    await shareResult(store.state.log, link, button);
  }

  async #continue() {
    const { id, store, load } = this.#how;
    const { ForkDialog } = await load("views/fork");
    this.#dialog ??= new ForkDialog(id);
    this.#dialog.open(store.state);
  }
}
