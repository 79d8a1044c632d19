// The analysis of a game that is over: what the position is worth that one looks at, the curve, and what each move did.

import { Analyst } from "../browser/analyst.js";
import { turningPoint } from "../game/analysis.js";
import { isOpen } from "../game/open.js";
import { lookedAt } from "../game/recorder.js";
import * as studying from "../game/study.js";
import { text } from "../words/text.js";
import { curveLabel, progressIn, verdictOf } from "../words/study.js";
import { Arrows } from "./arrows.js";
import { CurveView } from "./curve.js";
import { discIcon, fillDiscs } from "./disc.js";
import { fillText, find, setAttribute, setText, show } from "./dom.js";
import { showForks } from "./lineage.js";
import { MarksView } from "./marks.js";

const PAUSE = 100; // ms between two renders of what the worker says: late positions come by the dozen

const PANEL = `
  <div class="verdict" role="status"><span class="icon"></span><p><b></b> <span class="detail"></span></p></div>
  <div class="ahead"><span data-disc="yellow"></span><svg class="curve" id="curve" data-testid="curve" role="img" preserveAspectRatio="none"></svg><span data-disc="red"></span></div>
  <div class="choices">
    <button type="button" class="button quiet" id="turn" data-testid="turn" data-text="study.turn"></button>
    <button type="button" class="button quiet" id="from-here" data-testid="from-here" data-text="study.continue"></button>
  </div>
  <div class="scrolled">
    <div class="solving">
      <p data-testid="solving"></p>
      <button type="button" class="button quiet" id="solve" data-testid="solve"></button>
      <progress max="1" data-label="study.analysis"></progress>
    </div>
    <table class="moves" id="marks" data-testid="marks">
      <caption data-text="study.marksHow"></caption>
      <thead><tr><th scope="col" data-text="moveNumber"></th><th scope="col" data-text="seat.yellow"></th><th scope="col" data-text="seat.red"></th></tr></thead>
      <tbody></tbody>
    </table>
    <p class="forks" id="forks" data-testid="forks" hidden></p>
  </div>`;

export class AnalysisView {
  #panel = find("panel-analysis");
  #analyst = new Analyst();
  #arrows = new Arrows();
  #curve;
  #study = null;
  #shown = false;
  #due = null; // the timer of the next render
  #marks;
  #id;
  #changed;
  #go;

  /** `id` is the game's, `go(version)` looks at a version, `goOn()` offers to go on from there, `changed()` asks for a render. */
  constructor({ id, go, goOn, changed }) {
    this.#id = id;
    this.#changed = changed;
    this.#go = (ply) => go(ply === this.#study.moves.length ? Infinity : this.#study.versions[ply]);
    this.#panel.innerHTML = PANEL;
    fillText(this.#panel);
    fillDiscs(this.#panel);
    this.#curve = new CurveView(find("curve"), { go: this.#go });
    this.#marks = new MarksView(this.#panel, { go: this.#go });
    find("turn").addEventListener("click", () => this.#turning !== null && this.#go(this.#turning));
    find("from-here").addEventListener("click", ({ currentTarget }) => currentTarget.ariaDisabled === "true" || goOn());
    find("solve").addEventListener("click", () => this.#stopOrGoOn());
  }

  /** Show what is known of the position that is looked at, where the panel is `shown`. */
  render(state, shown) {
    const { log } = state;
    const opened = shown && !this.#shown;
    this.#shown = shown;
    if (!shown) return this.#arrows.render(null);
    if (log.game.moves !== this.#study?.moves) this.#begin(log);
    const version = lookedAt(state);
    const game = log.at(version);
    const study = this.#study;
    const ply = studying.plyOf(study, game);
    this.#renderVerdict(verdictOf(study, ply, log.game), study.values[ply], ply);
    this.#curve.render(study, ply, () => curveLabel(study, log.game));
    setAttribute(find("turn"), "aria-disabled", this.#turning === null);
    setAttribute(find("from-here"), "aria-disabled", !isOpen(log, version));
    this.#renderProgress();
    this.#marks.render(study, ply);
    if (opened) setTimeout(() => this.#bringIntoView());
    const played = ply === null || ply === study.moves.length ? null : Number(study.moves[ply]) - 1;
    return this.#arrows.render(game, study.marks[ply]?.missed, played);
  }

  get #turning() {
    return turningPoint(this.#study.marks);
  }

  #begin(log) {
    this.#study = studying.begin(log);
    this.#solve();
    setTimeout(() => this.#list()); // a task of its own: the page is not held up
    if (log.events[0].data.listed) showForks(find("forks"), this.#id, log); // of others nobody is told
  }

  #list() {
    this.#marks.list(this.#study);
    this.#changed();
  }

  #solve() {
    this.#analyst.start(studying.job(this.#study), (message) => {
      this.#study = studying.heard(this.#study, message);
      this.#due ??= setTimeout(() => {
        this.#due = null;
        this.#changed();
      }, PAUSE);
    });
  }

  #stopOrGoOn() {
    const running = this.#study.state === "running";
    this.#study = running ? studying.stop(this.#study) : studying.further(this.#study);
    if (running) this.#analyst.stop();
    else this.#solve();
    this.#changed();
  }

  #renderVerdict({ headline, detail }, value, ply) {
    const root = this.#panel.querySelector(".verdict");
    setText(root.querySelector("b"), headline);
    setText(root.querySelector(".detail"), detail);
    const ahead = value?.outcome ? ["yellow", "red"][(ply + (value.outcome < 0)) % 2] : "";
    const icon = root.querySelector(".icon");
    if (icon.dataset.disc === ahead) return;
    icon.dataset.disc = ahead;
    icon.replaceChildren(...(ahead ? [discIcon(ahead)] : []));
  }

  #renderProgress() {
    const { state, spent } = this.#study;
    const all = studying.plies(this.#study).length;
    const running = state === "running";
    setText(this.#panel.querySelector(".solving p"), progressIn(this.#study));
    const bar = this.#panel.querySelector("progress");
    show(bar, running);
    bar.value = (all - studying.untried(this.#study) + spent) / all;
    show(find("solve"), running || studying.solvedFrom(this.#study) !== this.#study.from);
    setText(find("solve"), text.study[running ? "stop" : state === "failed" ? "again" : "further"]);
  }

  /** It may have been opened below what is seen. */
  #bringIntoView() {
    if (this.#panel.getBoundingClientRect().bottom > innerHeight) find("log").scrollIntoView();
  }
}
