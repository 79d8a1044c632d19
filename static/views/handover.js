// "My seat elsewhere": a QR code and a link with which another device becomes that of the same player.

import { keepPlayer, keptPlayer } from "../browser/player.js";
import { call } from "../wire/api.js";
import { text } from "../words/text.js";
import { makeDialog } from "./dialog.js";
import { find, setAttribute, setText, show } from "./dom.js";
import { copy } from "./pass_on.js";

const LIFETIME = 600_000; // ms; a code's. When it ends is told by the server's clock, and this one may be another

export class Handover {
  #dialog = this.#make();
  #expiry = null; // the timer

  /** Show a new code. The one before becomes invalid. */
  async open() {
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#show(null, text.handover.fetching);
    try {
      this.#show(await call("POST", "api/me/handover", { secret: keptPlayer()?.secret }), "");
    } catch (failed) {
      const gone = ["bad_secret", "player_needed"].includes(failed.code);
      if (gone) keepPlayer(null);
      this.#show(null, gone ? text.handover.gone : (text.problems[failed.code] ?? text.problems.unknown));
    }
  }

  /** Show this `handover`, if there is one, and say `words`. */
  #show(handover, words) {
    clearTimeout(this.#expiry);
    show(find("handover-code"), Boolean(handover));
    show(find("handover-again"), words === text.handover.expired);
    setText(find("handover-state"), words);
    if (!handover) {
      find("handover-link").value = "";
      find("handover-qr").removeAttribute("src");
      return;
    }
    const { link, url, qr } = handover;
    find("handover-link").value = link ?? new URL(url, location.origin);
    if (qr) setAttribute(find("handover-qr"), "src", `data:image/svg+xml,${encodeURIComponent(qr)}`);
    show(find("handover-qr"), Boolean(qr));
    this.#expiry = setTimeout(() => this.#show(null, text.handover.expired), LIFETIME);
  }

  #make() {
    const dialog = makeDialog("handover", `
      <form method="dialog">
        <h2 id="handover-title" data-text="seatElsewhere"></h2>
        <p data-text="handover.how"></p>
        <div id="handover-code" hidden>
          <img class="qr" id="handover-qr" data-testid="handover-qr" data-alt="handover.qr" width="192" height="192">
          <input id="handover-link" data-testid="handover-link" data-label="handover.link" readonly>
          <button type="button" class="button quiet" id="handover-copy" data-testid="handover-copy" data-text="copy" aria-live="polite"></button>
          <p data-text="handover.valid"></p>
          <p class="reach"></p>
        </div>
        <p id="handover-state" data-testid="handover-state" role="status"></p>
        <button type="button" class="button quiet" id="handover-again" data-testid="handover-again" data-text="handover.again" hidden></button>
        <button class="button primary" data-text="close" data-testid="handover-close"></button>
      </form>`);
    const reach = document.querySelector('meta[name="reach"]')?.content;
    setText(dialog.querySelector(".reach"), text.reach[reach] ?? "");
    find("handover-link").addEventListener("focus", ({ target }) => target.select());
    find("handover-copy").addEventListener("click", ({ currentTarget }) => copy(find("handover-link").value, currentTarget));
    find("handover-again").addEventListener("click", () => this.open());
    dialog.addEventListener("close", () => this.#show(null, ""));
    return dialog;
  }
}
