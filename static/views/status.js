// What is going on: whose turn it is, how a game ended, and what is said for a while.

import { mayOfferRematch } from "../game/manners.js";
import { isLive } from "../game/recorder.js";
import { text } from "../words/text.js";
import { nowIn, played, toldIn } from "../words/words.js";
import { discIcon } from "./disc.js";
import { find, setAttribute, setText, show } from "./dom.js";

const NOTICE = 4_000; // ms
const LONG_HEADLINE = 18; // characters; what is longer has smaller ones

export class StatusView {
  #status = find("status");
  #headline = this.#status.querySelector(".headline");
  #detail = this.#status.querySelector(".detail");
  #icon = this.#status.querySelector(".icon");
  #told = null; // what was said last
  #notice = ""; // the words of it, while they are shown
  #usual = "";
  #timer;

  /** `now` is the server's time. */
  render(state, now) {
    const { told, move, link, log } = state;
    const { headline, detail, tone, mine, urgent = false } = nowIn(state, now);
    const over = Boolean(log.game.result);
    setText(this.#headline, headline);
    this.#usual = move && link.state !== "live" ? text.moveKept : detail;
    this.#tell(told);
    this.#renderIcon(tone);
    setAttribute(this.#status, "data-tone", tone ?? "none");
    setAttribute(this.#status, "data-mine", mine);
    setAttribute(this.#status, "data-urgent", urgent);
    setAttribute(this.#status, "data-long", headline.length > LONG_HEADLINE);
    setAttribute(this.#status, "data-over", over && isLive(state));
    setText(find("played"), over && isLive(state) ? played(log) : "");
    show(find("new-game"), log.game.status === "finished");
    show(find("next-game"), Boolean(log.game.rematch));
    find("new-game").className = `button ${mayOfferRematch(state) || log.game.rematch ? "quiet" : "primary"}`;
  }

  /** Show what was said last in place of the usual detail, for a while. */
  #tell(told) {
    if (told !== this.#told) {
      this.#told = told;
      this.#notice = told ? toldIn(told) : "";
      clearTimeout(this.#timer);
      if (told) this.#timer = setTimeout(() => this.#forget(), NOTICE);
    }
    this.#renderDetail();
  }

  #forget() {
    this.#notice = "";
    this.#renderDetail();
  }

  #renderDetail() {
    setText(this.#detail, this.#notice || this.#usual);
    setAttribute(this.#status, "data-notice", Boolean(this.#notice));
  }

  #renderIcon(tone) {
    if (this.#icon.dataset.disc === (tone ?? "")) return;
    this.#icon.dataset.disc = tone ?? "";
    this.#icon.replaceChildren(...(tone ? [discIcon(tone)] : []));
  }
}
