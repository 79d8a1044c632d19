// What is read out: everything that happens at one moment in one go, with what is going on said once and last.

import { find, setText } from "./dom.js";

const MOMENT = 100; // ms

export class Voice {
  #live = find("live");
  #words = [];
  #now = "";
  #timer = null;

  /** Read out `words`, and then `now`, which is what is going on. */
  say(words, now = "") {
    if (words && !this.#words.includes(words)) this.#words.push(words);
    this.#now = now || this.#now;
    if (words || now) this.#timer ??= setTimeout(() => this.#speak(), MOMENT);
  }

  #speak() {
    const words = [...this.#words, this.#now].filter(Boolean).join(" ");
    this.#words = [];
    this.#now = "";
    this.#timer = null;
    if (this.#live.textContent === words) this.#live.textContent = ""; // the same again is news, too
    setText(this.#live, words);
  }
}
