// What calls a player who looks elsewhere, and keeps a phone awake while a game is played.

import { asset } from "../browser/load.js";
import { text } from "../words/text.js";

const BLINK = 1_000; // ms
const BUZZ = 120; // ms

export class Attention {
  #icon = document.querySelector('link[rel="icon"][type="image/svg+xml"]');
  #title = document.title;
  #calling = false;
  #lit = false;
  #timer;
  #lock = null;
  #asking = false;
  #refused = false;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#update());
  }

  /** The tab's title is `title`; `turn` says whether it is the player's turn, `playing` whether a game is on. */
  render({ title, turn, playing }) {
    if (turn && !this.turn && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ);
    Object.assign(this, { turn, playing });
    this.#title = title;
    this.#update();
  }

  #update() {
    const calling = Boolean(this.turn && document.hidden);
    if (calling !== this.#calling) {
      this.#calling = calling;
      this.#icon.href = asset(`icons/favicon${calling ? "-turn" : ""}.svg`);
      clearInterval(this.#timer);
      this.#lit = calling;
      if (calling) this.#timer = setInterval(() => this.#blink(), BLINK);
    }
    this.#show();
    this.#stayAwake();
  }

  #blink() {
    this.#lit = !this.#lit;
    this.#show();
  }

  #show() {
    const title = this.#lit ? `● ${text.yourTurn}` : this.#title;
    if (document.title !== title) document.title = title;
  }

  get #wantsToStayAwake() {
    return Boolean(this.playing && !document.hidden && matchMedia("(pointer: coarse)").matches);
  }

  async #stayAwake() {
    if (!navigator.wakeLock || this.#asking) return;
    if (!this.#wantsToStayAwake) return this.#lock?.release();
    if (this.#lock || this.#refused) return;
    this.#asking = true;
    const lock = await navigator.wakeLock.request("screen").catch(() => null); // a low battery refuses
    this.#asking = false;
    this.#refused = !lock;
    this.#lock = lock;
    lock?.addEventListener("release", () => (this.#lock = null)); // the browser does when the page is hidden
    if (lock && !this.#wantsToStayAwake) lock.release();
  }
}
