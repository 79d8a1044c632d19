// What stands in the way of playing, and what can be done about it: it stays until it is settled.

import { noticeIn } from "../words/words.js";
import { find, setText, show } from "./dom.js";

export class NoticeView {
  #notice = find("notice");
  #choices = this.#notice.querySelector(".choices");
  #does;

  /** `does` has what the buttons do, by the name that words.js has for each. */
  constructor(does) {
    this.#does = does;
  }

  render(state) {
    const notice = noticeIn(state);
    if (notice) {
      setText(this.#notice.querySelector(".words"), notice.words);
      setText(this.#notice.querySelector(".detail"), notice.detail ?? "");
      this.#offer(notice.choices ?? {});
    }
    show(this.#notice, Boolean(notice));
  }

  /** Offer `choices`, the words of each by its name. */
  #offer(choices) {
    const names = Object.keys(choices).join(" ");
    if (this.#choices.dataset.names === names) return;
    this.#choices.dataset.names = names;
    this.#choices.replaceChildren(
      ...Object.entries(choices).map(([name, words]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button primary";
        button.textContent = words;
        button.addEventListener("click", () => this.#does[name]());
        return button;
      }),
    );
  }
}
