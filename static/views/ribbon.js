// The ribbon: what goes on for a while, such as a connection that is lost, and what was missed meanwhile.

import { ribbonIn } from "../words/words.js";
import { find, setAttribute, setText, show } from "./dom.js";

const PATIENCE = 800; // ms; a connection that is back sooner is not worth a word
const SHORT = 4_000; // ms
const LONG = 10_000; // ms; long enough to be read by somebody who was not looking

const SHOWN = { back: SHORT, busy: SHORT, elsewhere: SHORT, wentBack: LONG };

export class RibbonView {
  #element = find("ribbon");
  #timer = null;
  #ribbon = null;
  #said = null; // which ribbon was read out
  #voice;

  constructor({ voice }) {
    this.#voice = voice;
  }

  render({ ribbon }) {
    if (ribbon === this.#ribbon) return;
    this.#ribbon = ribbon;
    clearTimeout(this.#timer);
    if (!ribbon) return this.#hide();
    if (!(ribbon.what in SHOWN)) return this.#count();
    if (ribbon.what === "back" && !ribbon.n && this.#element.hidden) return undefined;
    this.#show(ribbon.what === "back" ? "back" : "lost");
    this.#timer = setTimeout(() => this.#hide(), SHOWN[ribbon.what]);
    return undefined;
  }

  /** The connection is lost: after a little patience say so, with the seconds until the next attempt. */
  #count() {
    const patience = this.#element.hidden ? PATIENCE - (performance.now() - this.#ribbon.since) : 0;
    if (patience <= 0) this.#show("lost");
    this.#timer = setTimeout(() => this.#count(), patience > 0 ? patience : 500);
  }

  #show(tone) {
    const { what } = this.#ribbon;
    const words = ribbonIn(this.#ribbon, performance.now());
    if (this.#said !== what || this.#element.hidden) this.#voice.say(words); // not each second of a countdown
    this.#said = what;
    setAttribute(this.#element, "data-tone", tone);
    setText(this.#element, words);
    show(this.#element, true);
  }

  #hide() {
    show(this.#element, false);
  }
}
