// What a player may do beside moves: offer and answer, claim, call off, resign, play again.

import { absence, mayOfferRematch, offerToUs } from "../game/manners.js";
import { isOffered, mayAbort, mayAskBack, mayOfferDraw } from "../game/requests.js";
import { isPlayable } from "../game/table.js";
import { nowIn, offerIn } from "../words/words.js";
import { text } from "../words/text.js";
import { AskedButton } from "./asked.js";
import { CALM, find, setAttribute, setText, settle, show } from "./dom.js";

export class ActionsView {
  #asked;
  #say;
  #offer = null; // the one that the buttons answer
  #fresh = new Set(); // buttons that have only just taken another's place, and take no press yet
  #rendered = []; // what was rendered last

  /** `give(command)` gives a command, `say(words)` reads words out. */
  constructor({ give, say }) {
    this.#say = say;
    this.#asked = Object.fromEntries(
      [["resign", "resign"], ["abort", "abort"], ["call-off", "abort"]].map(([id, type]) => [id, new AskedButton(id, () => give({ type }))]),
    );
    const gives = {
      "offer-draw": { type: "offer_draw" },
      "offer-takeback": { type: "offer_takeback" },
      rematch: { type: "offer_rematch" },
      "claim-win": { type: "claim_abandonment", result: "win" },
      "claim-draw": { type: "claim_abandonment", result: "draw" },
    };
    for (const [id, command] of Object.entries(gives)) this.#button(id, () => give(command));
    for (const answer of ["accept", "decline"]) {
      // The version is that of the offer that was read, whichever is open by now.
      this.#button(answer, () => give({ type: `${answer}_${this.#offer.kind}`, offer: this.#offer.version }));
    }
  }

  /** `now` is the server's time. */
  render(known, now) {
    this.#rendered = [known, now];
    const state = isPlayable(known) ? known : { ...known, seat: null };
    const { log, seat, asked } = state;
    const claims = absence(state, now)?.wait === 0;
    const offer = claims ? null : offerToUs(state);
    const playing = log.game.status === "playing" && seat !== null && !offer;
    const aborts = mayAbort(state);
    if (claims && find("claim").hidden) this.#say(nowIn(state, now).detail);
    this.#renderAnswer(offer, log);
    show(find("claim"), claims);
    this.#asked.resign.render(playing);
    this.#asked.abort.render(playing && !claims && aborts);
    this.#asked["call-off"].render(log.game.status === "waiting" && aborts);
    this.#renderOffer("draw", playing && !claims && !aborts, mayOfferDraw(state), state);
    this.#renderOffer("takeback", playing && !claims, mayAskBack(state), state);
    this.#renderOffer("rematch", !offer && mayOfferRematch(state), true, state);
    for (const id of ["accept", "decline", "claim-win", "claim-draw"]) setAttribute(find(id), "aria-disabled", Boolean(asked));
  }

  #renderAnswer(offer, { game }) {
    if (offer && this.#offer && offer.version !== this.#offer.version) settle();
    this.#offer = offer ?? this.#offer;
    const answer = find("answer");
    show(answer, Boolean(offer));
    if (!offer) return;
    const words = offerIn(game, offer, null);
    setText(find("accept"), text.accept[offer.kind] ?? words);
    setAttribute(answer, "data-kind", offer.kind);
    setAttribute(answer, "aria-label", words);
  }

  /** The button by which an offer of `kind` is made, where it is `there`; `free` says whether it can be pressed. */
  #renderOffer(kind, there, free, state) {
    const made = isOffered(state, kind);
    const button = find(kind === "rematch" ? kind : `offer-${kind}`);
    if (there && button.hidden) this.#calm(kind);
    show(button, there);
    setText(button, text[made ? `${kind}Made` : kind]);
    setAttribute(button, "aria-disabled", !free || made || this.#fresh.has(kind) || Boolean(state.asked));
  }

  #calm(kind) {
    this.#fresh.add(kind);
    setTimeout(() => {
      this.#fresh.delete(kind);
      this.render(...this.#rendered);
    }, CALM);
  }

  /** What was pressed twice was meant once. */
  #button(id, run) {
    const button = find(id);
    button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    button.addEventListener("click", ({ detail }) => detail > 1 || button.getAttribute("aria-disabled") === "true" || run());
  }
}
