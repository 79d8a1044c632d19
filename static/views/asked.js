// A button that asks: the first click asks, the second means it, and after a while the question is taken back.

import { find, setAttribute, setText, show } from "./dom.js";
import { text } from "../words/text.js";

const ASKED = 3_000; // ms

export class AskedButton {
  #button;
  #timer = null;

  /** The button `id`; its words are those of its `data-text`, and of the same with "Sure". `run()` is called once it is meant. */
  constructor(id, run) {
    this.#button = find(id);
    // A double click, or a key that is held down, has not thought twice.
    this.#button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    this.#button.addEventListener("click", ({ detail }) => {
      if (detail > 1) return;
      const meant = this.#timer !== null;
      this.#ask(!meant);
      if (meant) run();
    });
  }

  /** Offer it, or do not. */
  render(offered) {
    show(this.#button, offered);
    if (!offered) this.#ask(false);
  }

  #ask(asking) {
    clearTimeout(this.#timer);
    this.#timer = asking ? setTimeout(() => this.#ask(false), ASKED) : null;
    setText(this.#button, text[this.#button.dataset.text + (asking ? "Sure" : "")]);
    setAttribute(this.#button, "data-asking", asking);
  }
}
