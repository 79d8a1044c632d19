// What stands in the way of playing, and what can be done about it: it stays until it is settled.

import { find, setText, show } from "./dom.js";

export class NoticeView {
  #notice = find("notice");
  #choices = this.#notice.querySelector(".choices");

  /** Say `words`, and `detail` below; `choices` is what to press, `{ words: run }`. */
  say(words, { detail = "", choices = {} } = {}) {
    setText(this.#notice.querySelector(".words"), words);
    setText(this.#notice.querySelector(".detail"), detail);
    const buttons = Object.entries(choices).map(([name, run]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button primary", textContent: name });
      button.addEventListener("click", run);
      return button;
    });
    if (buttons.map(({ textContent }) => textContent).join() !== [...this.#choices.children].map(({ textContent }) => textContent).join()) {
      this.#choices.replaceChildren(...buttons);
    }
    show(this.#notice, true);
  }

  hide() {
    show(this.#notice, false);
  }
}
