// The invitation: a link to copy for who waits, a seat to take for who opened it.

import { find, setText, show } from "./dom.js";
import { freeSeat, other } from "./game.js";
import { rememberedName } from "./storage.js";
import { text } from "./text.js";
import { nameOf } from "./words.js";

const COPIED = 2_000; // ms

export class InviteView {
  #invite = find("invite");
  #joinPanel = find("join-panel");
  #join = find("join");
  #name = find("join-name");
  #sit = find("sit");
  #declined = false;
  #joining = false;

  /** `join(name)` takes the free seat; its promise ends when that is settled. `changed()` asks for a render. */
  constructor({ link, join, changed }) {
    const field = find("invite-link");
    field.value = link;
    field.addEventListener("focus", () => field.select());
    find("copy-invite").addEventListener("click", ({ currentTarget }) => copy(field, currentTarget));
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
    show(this.#joinPanel, invited && !this.#declined);
    show(this.#sit, invited && this.#declined);
    if (invited) {
      setText(this.#joinPanel.querySelector("h2"), text.invitesYou(nameOf(game, other(free))));
      setText(this.#join, this.#joining ? text.joining : text.takeSeat[free]);
      setText(this.#sit, text.takeSeat[free]);
      this.#join.className = `button ${free}`;
    }
    return inviting || (invited && !this.#declined);
  }
}

async function copy(field, button) {
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Plain http has no clipboard API, except on localhost; the old way asks for no permission.
    field.select();
    document.execCommand("copy");
    button.focus();
  }
  setText(button, text.copied);
  setTimeout(() => setText(button, text.copy), COPIED);
}
