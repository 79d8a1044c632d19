// What there is to do beside the board: offers and their answers, claims, and the ways out of a game or on to the next.

import { lookedAt, isLive } from "../game/recorder.js";
import * as manners from "../game/manners.js";
import { isPlayable } from "../game/table.js";
import { nowIn, offerIn } from "../words/words.js";
import { text } from "../words/text.js";
import { AskedButton } from "./asked.js";
import { CALM, find, setAttribute, setText, settle, show } from "./dom.js";


export class ActionsView {
  #asked;
  #answer = find("answer");
  #say;
  #offer = null; // the one that the buttons answer
  #shownAt = new Map(); // by button: since when it is there

  /** `give(command)` gives a command, `goOn()` goes on to the next game, `say(words)` reads them out. */
  constructor({ give, goOn, say }) {
    this.#say = say;
    this.#asked = {
      resign: new AskedButton("resign", () => give({ type: "resign" })),
      abort: new AskedButton("abort", () => give({ type: "abort" })),
      callOff: new AskedButton("call-off", () => give({ type: "abort" })),
    };
    this.#button("offer-draw", () => give({ type: "offer_draw" }));
    this.#button("offer-takeback", () => give({ type: "offer_takeback" }));
    this.#button("rematch", () => give({ type: "offer_rematch" }));
    this.#button("claim-win", () => give({ type: "claim_abandonment", result: "win" }));
    this.#button("claim-draw", () => give({ type: "claim_abandonment", result: "draw" }));
    for (const answer of ["accept", "decline"]) {
      // The version is that of the offer that was read, whichever is open by now.
      this.#button(answer, () => give({ type: `${answer}_${this.#offer.kind}`, offer: this.#offer.version }));
    }
    find("next-game").addEventListener("click", (event) => {
      event.preventDefault();
      goOn();
    });
  }

  /** `now` is the server's time. */
  render(known, now) {
    const state = isPlayable(known) ? known : { ...known, seat: null };
    const { log, seat, asked } = state;
    const { game } = log;
    const over = game.status === "finished";
    const playing = game.status === "playing" && seat !== null;
    const absent = manners.absence(state, now);
    const claims = absent?.wait === 0;
    const offer = claims ? null : manners.offerToUs(state);
    const usual = playing && !offer;
    const abort = usual && !claims && manners.mayAbort(state);
    this.#renderAnswer(offer, state);
    if (claims && find("claim").hidden) this.#say(nowIn(state, now).detail);
    show(find("claim"), claims);
    this.#asked.resign.render(usual);
    this.#asked.abort.render(abort);
    this.#asked.callOff.render(manners.mayAbort(state) && game.status === "waiting");
    this.#show("offer-draw", usual && !claims && !abort);
    this.#show("offer-takeback", usual && !claims);
    this.#name("offer-draw", "draw", manners.isOffered(state, "draw"), manners.mayOfferDraw(state) && !asked);
    this.#name("offer-takeback", "takeback", manners.isOffered(state, "takeback"), manners.mayAskBack(state) && !asked);
    const rematch = !offer && manners.mayOfferRematch(state);
    this.#show("rematch", rematch);
    this.#name("rematch", "rematch", manners.isOffered(state, "rematch"), !asked);
    show(find("next-game"), Boolean(game.rematch));
    show(find("new-game"), over && !offer);
    find("new-game").className = `button ${rematch || game.rematch ? "quiet" : "primary"}`;
    show(find("pass-on"), Boolean(game.result) && lookedAt(state) === game.version && isLive(state) && !offer);
    for (const id of ["accept", "decline", "claim-win", "claim-draw"]) setAttribute(find(id), "aria-disabled", Boolean(asked));
  }

  #renderAnswer(offer, { log: { game } }) {
    if (offer && this.#offer && offer.version !== this.#offer.version) settle();
    this.#offer = offer ?? this.#offer;
    show(this.#answer, Boolean(offer));
    if (!offer) return;
    setText(find("accept"), offer.kind === "rematch" ? offerIn(game, offer, null) : text.accept[offer.kind]);
    setAttribute(this.#answer, "data-kind", offer.kind);
    setAttribute(this.#answer, "aria-label", offerIn(game, offer, null));
  }

  /** What the button says, and whether it can be pressed. */
  #name(id, words, made, free) {
    setText(find(id), made ? text[`${words}Made`] : text[words]);
    setAttribute(find(id), "aria-disabled", !free || made);
  }

  #show(id, visible) {
    if (visible && find(id).hidden) this.#shownAt.set(id, performance.now());
    show(find(id), visible);
  }

  #button(id, run) {
    const button = find(id);
    button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
    button.addEventListener("click", ({ detail }) => {
      const early = performance.now() - (this.#shownAt.get(id) ?? -CALM) < CALM;
      if (detail > 1 || early || button.getAttribute("aria-disabled") === "true") return;
      run();
    });
  }
}
