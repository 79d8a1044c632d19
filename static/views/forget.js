// Being forgotten: asked twice, because nobody can undo it.

import { keepPlayer, keptPlayer } from "../browser/player.js";
import { rememberLog } from "../browser/remembered.js";
import { rememberName, storage } from "../browser/storage.js";
import { forgetMe } from "../wire/players.js";
import { text } from "../words/text.js";
import { makeDialog } from "./dialog.js";
import { find, setText, show } from "./dom.js";

export class Forgetting {
  #dialog;
  #forgotten;
  #asked = 0; // times

  /** `forgotten()` is called once it is done. */
  constructor({ forgotten }) {
    this.#forgotten = forgotten;
    this.#dialog = this.#make();
  }

  open() {
    this.#ask(1);
    this.#dialog.showModal();
    find("forget-no").focus(); // a key that is held down forgets nobody
  }

  /** Ask for the first or the second time. */
  #ask(times) {
    this.#asked = times;
    const { forget } = text.people;
    setText(find("forget-title"), times === 1 ? forget.ask : forget.askAgain);
    setText(find("forget-yes"), times === 1 ? forget.yes : forget.yesAgain);
    show(find("forget-means"), times === 1);
    show(find("forget-final"), times === 2);
    setText(find("forget-problem"), "");
  }

  async #answer() {
    if (this.#asked === 1) {
      this.#ask(2);
      find("forget-no").focus();
      return;
    }
    try {
      await forgetMe(keptPlayer()?.secret);
    } catch ({ code }) {
      if (code !== "bad_secret") return setText(find("forget-problem"), text.problems[code] ?? text.problems.unknown);
    }
    forgetHere();
    this.#dialog.close();
    this.#forgotten();
  }

  #make() {
    const dialog = makeDialog("forget-dialog", `
      <form method="dialog">
        <h2 id="forget-title"></h2>
        <ul id="forget-means"><li data-text="people.forget.means.name"></li><li data-text="people.forget.means.games"></li><li data-text="people.forget.means.seats"></li><li id="forget-backups"></li></ul>
        <p id="forget-final" data-text="people.forget.final" hidden></p>
        <p id="forget-problem" role="alert"></p>
        <button class="button primary" id="forget-no" data-testid="forget-no" data-text="people.forget.no"></button>
        <button type="button" class="button quiet" id="forget-yes" data-testid="forget-yes"></button>
      </form>`);
    setText(find("forget-backups"), find("backups").textContent);
    find("forget-yes").addEventListener("click", ({ detail }) => detail < 2 && this.#answer());
    return dialog;
  }
}

/** This browser keeps the name no more, either. */
function forgetHere() {
  keepPlayer(null);
  rememberName("");
  const logs = storage("localStorage").getItem("connect4.logs") ?? "";
  for (const game of logs.split(" ").filter(Boolean)) rememberLog(game, []);
}
