// The recorder's buttons and slider.

import { isLive, left, lookedAt } from "../game/recorder.js";
import { isCurrent } from "../game/table.js";
import { find, setAttribute, setText } from "./dom.js";
import { say, text } from "../words/text.js";

export class RecorderView {
  #slider = find("slider");
  #live = find("go-live");
  #play = find("go-play");

  /** `recorder` does what the buttons are for, see game/recorder.js. */
  constructor(recorder) {
    const does = {
      first: () => recorder.toFirst(),
      previous: () => recorder.step(-1),
      play: () => recorder.toggle(),
      next: () => recorder.step(1),
      last: () => recorder.toLive(),
      live: () => recorder.toLive(),
    };
    for (const [name, run] of Object.entries(does)) find(`go-${name}`).addEventListener("click", run);
    find("speed").addEventListener("click", () => recorder.faster());
    this.#slider.addEventListener("input", () => recorder.go(Number(this.#slider.value)));
  }

  render(state) {
    const { log, look } = state;
    const { game } = log;
    const [version, live] = [lookedAt(state), isLive(state)];
    setAttribute(find("recorder"), "data-empty", live && !game.moves);
    this.#slider.max = Math.max(1, game.version);
    this.#slider.value = version;
    this.#slider.style.setProperty("--at", (version - 1) / Math.max(1, game.version - 1));
    setAttribute(this.#slider, "aria-valuetext", say(text.positionOf, { at: version, of: game.version }));
    setAttribute(this.#play, "aria-label", text[look.playing ? "stop" : live ? "replay" : "playOn"]);
    setAttribute(this.#play, "data-moving", look.playing);
    setText(find("speed"), `${look.speed}×`);
    setAttribute(find("speed"), "aria-label", `${text.speed} ${look.speed}×`);
    const name = text[game.status === "finished" ? "end" : isCurrent(state) ? "live" : "latest"];
    const n = log.moves(left(state)).length || Number(game.version > left(state)); // a game can end without a move
    setText(this.#live, n ? say(text.fresh, { live: name, n }) : name);
    setAttribute(this.#live, "data-live", live);
    for (const [way, off] of [["first", version <= 1], ["previous", version <= 1], ["next", live], ["last", live], ["live", live]]) {
      setAttribute(find(`go-${way}`), "aria-disabled", off);
    }
  }
}
