// Commits of the log, newest first: what happened, in which game, by which command, from what cause and with what effect.

import { grouped, anchorOf } from "../game/commits.js";
import { pageOf } from "../wire/base.js";
import { feed } from "../words/feed.js";
import { language, say, text } from "../words/text.js";
import { make } from "./make.js";

const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });

/** The first digits of an id: enough to tell one from another at a glance. */
const short = (id) => id.slice(0, 8);

/** The address of this page, showing only `query`. */
const only = (query, fragment = "") => `?${new URLSearchParams(query)}${fragment}`;

export class Commits {
  #list;
  #items = new Map(); // by the commit's key: what was made of it, and of which events

  constructor(list) {
    this.#list = list;
  }

  /** Show `events`, newest first. What is shown already stays as it is: open, and under the reader's finger. */
  render(events) {
    const items = grouped(events).map((commit) => this.#item(commit)); // which may replace some of those in the list
    let next = this.#list.firstElementChild;
    for (const item of items) {
      if (item === next) next = next.nextElementSibling;
      else this.#list.insertBefore(item, next);
    }
  }

  #item(commit) {
    const { key, events } = commit;
    const known = this.#items.get(key);
    if (known?.events.length === events.length && events.every((event, index) => event === known.events[index])) return known.item;
    const item = card(commit);
    known?.item.replaceWith(item);
    this.#items.set(key, { item, events });
    return item;
  }
}

function card({ game, events }) {
  const [{ metadata, recorded_at }] = events;
  const { process, server } = metadata;
  return make(
    "li",
    { class: "card commit" },
    make(
      "p",
      { class: "about" },
      make("time", { datetime: recorded_at, title: moment.format(new Date(recorded_at)) }, time.format(new Date(recorded_at))),
      make("a", { href: only({ id: game }), title: game }, say(feed.game, { short: short(game) })),
      ...(process ? [make("span", { class: "process" }, say(feed.process, { process }))] : []),
      make("span", { class: "server" }, say(feed.on, { server })),
    ),
    make("ol", {}, ...events.map(eventItem)),
  );
}

function eventItem(event) {
  const { type, version } = event;
  const summary = make("summary", {}, make("b", { "aria-label": say(feed.version, { n: version }) }, version), make("code", {}, type), make("span", {}, did(event)));
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(facts(event)), { once: true });
  return make("li", { id: anchorOf(event) }, details);
}

function facts(event) {
  const { game, data, metadata, recorded_at, cause, effects, transaction, position } = event;
  const to = ({ game, version }) => make("a", { href: only({ id: game }, `#${anchorOf({ game, version })}`) }, say(feed.causeEvent, { n: version, short: short(game) }));
  const command = make("a", { href: only({ id: metadata.command_id }) }, make("code", {}, metadata.command_id));
  const facts = [
    [feed.data, make("pre", {}, JSON.stringify(data, null, 2))],
    [feed.command, command],
    [feed.cause, cause ? to(cause) : feed.itself],
    [feed.effects, ...(effects.length ? effects.map((effect) => make("div", {}, to(effect))) : [feed.noEffects])],
    [feed.when, moment.format(new Date(recorded_at))],
    [feed.place, say(feed.placeHow, { transaction, position })],
  ];
  return make(
    "div",
    { class: "facts" },
    make("dl", {}, ...facts.flatMap(([name, ...values]) => [make("dt", {}, name), make("dd", {}, ...values)])),
    make("a", { class: "button quiet", href: pageOf(game) }, feed.watch),
  );
}

/** What an event says happened, in a line; empty for one that this page has no words for. */
function did({ type, data }) {
  const template = feed.did[type];
  if (!template) return "";
  return say(template, {
    name: data.name || text.namePlaceholder,
    seat: text.seatInSentence[data.seat],
    column: data.column + 1,
    by: feed.endedBy[data.by] ?? "",
    number: data.number,
  });
}
