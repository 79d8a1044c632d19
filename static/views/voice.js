// What is read out: everything that a frame brings in one go, with what is going on said once and last.

import { find, setText } from "./dom.js";

export class Voice {
  #live = find("live");
  #words = [];
  #now = "";
  #due = false;

  /** Read out `words`, and then `now`, which is what is going on. */
  say(words, now = "") {
    if (words && !this.#words.includes(words)) this.#words.push(words);
    this.#now = now || this.#now;
    if (this.#due || !(words || now)) return;
    this.#due = true;
    queueMicrotask(() => this.#speak());
  }

  #speak() {
    const words = [...this.#words, this.#now].filter(Boolean).join(" ");
    this.#words = [];
    this.#now = "";
    this.#due = false;
    if (this.#live.textContent === words) this.#live.textContent = ""; // the same again is news, too
    setText(this.#live, words);
  }
}
