// The invitation: links to hand on for who waits, a seat to take for who opened one.

import { find, setAttribute, setText, show } from "./dom.js";
import { freeSeat, other } from "../game/game.js";
import { load } from "../browser/load.js";
import { rememberedName } from "../browser/storage.js";
import { say, text } from "../words/text.js";
import { nameOf } from "../words/words.js";

export class InviteView {
  #invite = find("invite");
  #joinPanel = find("join-panel");
  #join = find("join");
  #name = find("join-name");
  #sit = find("sit");
  #declined;
  #joining = false;
  #code;

  /**
   * `join(name)` takes the free seat; its promise ends when that is settled. `changed()` asks for a render.
   * Whoever came by the link to `watch` is not asked to play.
   */
  constructor({ link, watch, join, changed }) {
    this.#declined = watch;
    for (const [name, address] of [["invite", link], ["watch", `${link}?watch`]]) {
      const field = find(`${name}-link`);
      field.value = address;
      field.addEventListener("focus", () => field.select());
      find(`copy-${name}`).addEventListener("click", async ({ currentTarget }) => {
        const { copy } = await load("views/pass_on");
        await copy(address, currentTarget);
      });
    }
    show(find("send-invite"), Boolean(navigator.share));
    find("send-invite").addEventListener("click", async ({ currentTarget }) => {
      const { share } = await load("views/pass_on");
      await share({ words: text.title, link }, currentTarget);
    });
    this.#code = `${link}/qr.svg`;
    this.#name.value = rememberedName();
    this.#joinPanel.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (this.#joining) return;
      this.#joining = true;
      changed();
      await join(this.#name.value.trim());
      this.#joining = false;
      changed();
    });
    const decline = (declined) => {
      this.#declined = declined;
      changed();
      (declined ? this.#sit : this.#join).focus();
    };
    find("watch").addEventListener("click", () => decline(true));
    this.#sit.addEventListener("click", () => decline(false));
  }

  /** Show what fits who sits at `seat` in `game`. Returns whether a panel covers the board. */
  render(game, seat) {
    const free = game.status === "waiting" && game.version > 0 ? freeSeat(game) : null;
    const inviting = Boolean(free && seat);
    const invited = Boolean(free && !seat);
    show(this.#invite, inviting);
    if (inviting) setAttribute(find("qr"), "src", this.#code);
    show(this.#joinPanel, invited && !this.#declined);
    show(this.#sit, invited && this.#declined);
    if (invited) {
      setText(this.#joinPanel.querySelector("h2"), say(text.invitesYou, { name: nameOf(game, other(free)) }));
      setText(this.#join, this.#joining ? text.joining : text.takeSeat[free]);
      setText(this.#sit, text.takeSeat[free]);
      this.#join.className = `button ${free}`;
    }
    return inviting || (invited && !this.#declined);
  }
}
