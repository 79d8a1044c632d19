// The banner: what is going on while the connection is not what it should be, and what was missed meanwhile.

import { find, setAttribute, setText, show } from "./dom.js";
import { say, text } from "../words/text.js";

const PATIENCE = 800; // ms; a connection that is back sooner is not worth a word
const FAREWELL = 4_000; // ms
const TELLING = 10_000; // ms; long enough to be read by somebody who was not looking

export class BannerView {
  #banner = find("ribbon");
  #live = find("live"); // reads out what is new, and not each second of a countdown
  #timer = null;
  #until = 0; // when the next attempt is made
  #why = "lost";
  #said = "";

  /** The connection is lost, `why` ("lost", "restarting" or "offline"), and tried again in `ms`. */
  lost(why, ms) {
    this.#why = why;
    this.#until = performance.now() + ms;
    if (!this.#banner.hidden && this.#banner.dataset.tone === "lost") this.#tick();
    else this.#later(PATIENCE);
  }

  /** It is back, and `moves` were made meanwhile. */
  back(moves) {
    clearTimeout(this.#timer);
    if (this.#banner.hidden && !moves) return this.hide();
    this.#say("back", moves ? say(text.banner.back, { n: moves }) : text.banner.backAgain);
    this.#timer = setTimeout(() => this.hide(), FAREWELL);
  }

  /** The server is there, but cannot take a move right now; the move is kept. */
  busy() {
    clearTimeout(this.#timer);
    this.#say("lost", text.banner.busy);
    this.#timer = setTimeout(() => this.hide(), FAREWELL);
  }

  /** The player's seat is open in another tab as well. */
  elsewhere() {
    clearTimeout(this.#timer);
    this.#say("lost", text.banner.elsewhere);
    this.#timer = setTimeout(() => this.hide(), FAREWELL);
  }

  /** Something happened to the game that nobody did. */
  tell(words) {
    clearTimeout(this.#timer);
    this.#say("lost", words);
    this.#timer = setTimeout(() => this.hide(), TELLING);
  }

  /** Nothing is going on any more. */
  hide() {
    clearTimeout(this.#timer);
    show(this.#banner, false);
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), ms);
  }

  #tick() {
    const n = Math.ceil((this.#until - performance.now()) / 1000);
    this.#say("lost", say(text.banner[this.#why === "lost" && n > 0 ? "lostFor" : this.#why], { n }), this.#why);
    this.#later(500);
  }

  #say(tone, words, why = words) {
    if (this.#banner.hidden || this.#said !== why) setText(this.#live, words);
    this.#said = why;
    setAttribute(this.#banner, "data-tone", tone);
    setText(this.#banner, words);
    show(this.#banner, true);
  }
}
