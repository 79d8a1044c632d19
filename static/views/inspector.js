// The event inspector: each event of the log, what it does to the state, and the state before and after it.

import { find, reveal, setAttribute, show } from "./dom.js";
import { make } from "./make.js";
import { explained } from "../words/explain.js";
import { copy } from "./pass_on.js";
import { text } from "../words/text.js";
import { nameOf } from "../words/words.js";

export class Inspector {
  #list = find("events");
  #filter = find("filter");
  #items = [];
  #shown; // what the open item shows
  #go;
  #log;

  /** `go(version)` looks at a version. */
  constructor({ go }) {
    this.#go = go;
    this.#filter.addEventListener("change", () => this.#sift());
    find("copy-events").addEventListener("click", ({ currentTarget }) => copy(this.#lines, currentTarget));
    find("download").addEventListener("click", ({ currentTarget }) => this.#download(currentTarget));
  }

  /** Show `log`, with the event of `version` open; `timings` tell how long it took. */
  render(log, version, timings) {
    const anew = !this.#log || !log.continues(this.#log);
    this.#log = log;
    if (anew) {
      this.#shown = null;
      this.#items = [];
      this.#list.replaceChildren();
      this.#filter.replaceChildren(new Option(text.allEvents, ""));
    }
    log.events.slice(this.#items.length).forEach((event) => this.#add(event));
    this.#open(version, timings);
  }

  #add(event) {
    const { type, version } = event;
    const words = explained(event, this.#log);
    const button = make("button", { type: "button", class: "event" }, make("b", {}, version), make("code", {}, type), make("span", {}, words));
    button.addEventListener("click", () => this.#go(version));
    const item = make("li", {}, button);
    this.#items.push(item);
    this.#list.append(item);
    if (![...this.#filter.options].some(({ value }) => value === type)) this.#filter.append(new Option(type, type));
    this.#sift();
  }

  #sift() {
    const { value } = this.#filter;
    this.#items.forEach((item, index) => show(item, !value || this.#log.events[index].type === value));
  }

  #open(version, timings) {
    const event = this.#log.events[version - 1];
    const took = event && timings.words(event);
    if (this.#shown === `${version} ${took}`) return;
    this.#shown = `${version} ${took}`;
    this.#items.forEach((item, index) => {
      const open = index === version - 1;
      setAttribute(item.firstChild, "aria-current", open ? "step" : null);
      item.lastChild !== item.firstChild && item.lastChild.remove();
      if (!open) return;
      item.append(this.#details(event, took));
      reveal(item, this.#list.parentElement);
    });
  }

  #details(event, took) {
    const { data, command_id, recorded_at, version } = event;
    const before = this.#log.at(version - 1);
    const after = this.#log.at(version);
    const who = this.#log.actor(event);
    const { detail } = text;
    return make(
      "dl",
      {},
      ...entry(detail.state, ...changes(before, after)),
      ...entry(detail.data, make("pre", {}, JSON.stringify(data, null, 2))),
      ...entry(detail.who, who ? nameOf(this.#log.game, who) : "–"),
      ...entry(detail.when, make("time", { datetime: recorded_at }, new Date(recorded_at).toLocaleString())),
      ...entry(detail.took, took),
      ...entry(detail.command, make("code", {}, command_id)),
    );
  }

  get #lines() {
    const { value } = this.#filter;
    return this.#log.events.filter(({ type }) => !value || type === value).map((event) => `${JSON.stringify(event)}\n`).join("");
  }

  #download(link) {
    URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([this.#lines], { type: "application/x-ndjson" }));
  }
}

/** What differs between two states, each as a line: its name, and how it was and is. */
function changes(before, after) {
  const differ = Object.keys(after).filter((key) => key !== "version" && written(before[key]) !== written(after[key]));
  if (!differ.length) return [text.detail.nothing];
  return differ.map((key) =>
    make(
      "div",
      { class: "change" },
      make("code", {}, key),
      make("del", {}, make("span", { class: "hidden" }, `${text.detail.before} `), written(before[key])),
      make("ins", {}, make("span", { class: "hidden" }, `${text.detail.after} `), written(after[key])),
    ),
  );
}

/** A value of the state as it is written; a board as its rows. */
function written(value) {
  if (Array.isArray(value) && typeof value[0] === "string") return value.join("\n");
  return JSON.stringify(value, null, Array.isArray(value) ? 0 : 2);
}

const entry = (name, ...values) => [make("dt", {}, name), make("dd", {}, ...values)];

