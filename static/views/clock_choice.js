// Which clock a game has: none, a usual one, or one's own.

import { termsIn } from "../words/words.js";
import { text } from "../words/text.js";
import { find, show } from "./dom.js";

/** The usual ones, in seconds. */
const USUAL = [[60, 0], [180, 2], [300, 3], [600, 5]].map(([initial, increment]) => ({ initial, increment }));
const OWN_CLOCK = "own";

export class ClockChoice {
  #select = find("clock");
  #own = [find("initial"), find("increment")];

  /** `clock` is the one that was chosen last, `{ initial, increment }`, or null. */
  constructor(clock) {
    const usual = USUAL.map((terms) => new Option(termsIn(terms), JSON.stringify(terms)));
    this.#select.append(new Option(text.noClock, "null"), ...usual, new Option(text.ownClock, OWN_CLOCK));
    const value = JSON.stringify(clock);
    this.#select.value = [...this.#select.options].some((option) => option.value === value) ? value : OWN_CLOCK;
    if (this.#select.value === OWN_CLOCK) this.#own.forEach((field) => (field.value = clock[field.id]));
    this.#select.addEventListener("change", () => this.#render());
    this.#render();
  }

  /** The clock that is chosen by now. */
  get chosen() {
    if (this.#select.value !== OWN_CLOCK) return JSON.parse(this.#select.value);
    return Object.fromEntries(this.#own.map(({ id, valueAsNumber }) => [id, valueAsNumber]));
  }

  #render() {
    for (const field of this.#own) {
      field.disabled = this.#select.value !== OWN_CLOCK;
      field.required = !field.disabled;
      show(field.parentElement, !field.disabled);
    }
  }
}
