// The invitation: links to hand on for who waits, a seat to take for who opened one.

import { find, setText, show } from "./dom.js";
import { freeSeat, other } from "../game/game.js";
import { rememberedName } from "../browser/storage.js";
import { say, text } from "../words/text.js";
import { nameOf, termsIn } from "../words/words.js";

export class InviteView {
  #invite = find("invite");
  #joinPanel = find("join-panel");
  #join = find("join");
  #name = find("join-name");
  #sit = find("sit");
  #begin; // fills the invitation in
  #begun; // the promise of it
  #declined = false; // when it was shown last

  /**
   * `link` is what is handed on. `join(name)` takes the free seat, `decline(declined)` says whether that is wanted,
   * and `load` fetches a module.
   */
  constructor({ link, join, decline, load }) {
    this.#begin = () => load("views/inviting").then(({ invite }) => invite({ link, load }));
    this.#name.value = rememberedName();
    this.#joinPanel.addEventListener("submit", (event) => {
      event.preventDefault();
      join(this.#name.value.trim());
    });
    find("watch").addEventListener("click", () => decline(true));
    this.#sit.addEventListener("click", () => decline(false));
  }

  /** Show what fits who sits where. Returns whether a panel covers the board. */
  render({ log: { game }, seat, joining, declined, confirmed, stuck }) {
    const had = [this.#sit, this.#joinPanel].some((element) => element.contains(document.activeElement));
    const free = game.status === "waiting" && confirmed ? freeSeat(game) : null;
    const inviting = Boolean(free && seat && seat !== free); // a seat just taken is still free in the log
    const invited = Boolean(free && !seat && !stuck);
    show(this.#invite, inviting);
    if (inviting) this.#begun ??= this.#begin();
    show(this.#joinPanel, invited && !declined);
    show(this.#sit, invited && declined);
    if (invited && had && declined !== this.#declined) (declined ? this.#sit : this.#join).focus();
    this.#declined = declined;
    if (invited) {
      setText(this.#joinPanel.querySelector("h2"), say(text.invitesYou, { name: nameOf(game, other(free)) }));
      const terms = this.#joinPanel.querySelector(".terms");
      setText(terms, game.clock ? say(text.withClock, { terms: termsIn(game.clock) }) : "");
      show(terms, Boolean(game.clock));
      setText(this.#join, joining ? text.joining : text.takeSeat[free]);
      setText(this.#sit, text.takeSeat[free]);
      this.#join.className = `button ${free}`;
    }
    return inviting || (invited && !declined);
  }
}
