// The lobby on the start page: open games with a button each, and games that are played as small boards. Who is about to
// press something finds it where it was: what is shown keeps its place, and what takes another's takes no press at first.

import { fromEntry, keepInEntry } from "../browser/entry.js";
import { FORGOTTEN } from "../game/forgotten.js";
import { placed } from "../game/slots.js";
import { pageOf } from "../wire/base.js";
import { termsIn } from "../words/words.js";
import { say, text } from "../words/text.js";
import { CALM, find, setAttribute, setText, show } from "./dom.js";
import { LivingBoard } from "./living_board.js";
import { make } from "./make.js";
import { SEATS } from "../browser/seat.js";
import { discIcon } from "./disc.js";

const ALL = "all"; // in the history entry: whether all open games are shown
const FEW = 4; // open games that are shown at first; there is room for so many from the beginning

const nameAt = (entry, seat) => entry.players[seat]?.name ?? text.lobby.nobodyYet;
const termsOf = ({ clock, rated }) => [clock ? termsIn(clock) : text.noClock, rated && text.lobby.rated].filter(Boolean).join(", ");

/** A list of places, each an item of `list` that shows one entry, or nothing. */
class Places {
  #list;
  #makeItem;
  #ids = [];
  #items = [];

  /**
   * `makeItem()` gives `{ element, render(entry), forget(without) }`; null as an entry is for an empty place, and
   * `without(entry)` is the entry without a name.
   */
  constructor(list, makeItem) {
    this.#list = list;
    this.#makeItem = makeItem;
  }

  /** Show `entries`, which are in their order. */
  render(entries) {
    const before = this.#ids;
    const byId = new Map(entries.map((entry) => [entry.game, entry]));
    this.#ids = placed(before, [...byId.keys()]);
    while (this.#items.length < this.#ids.length) {
      const item = this.#makeItem();
      this.#items.push(item);
      this.#list.append(item.element);
    }
    for (const item of this.#items.splice(this.#ids.length)) item.element.remove();
    this.#ids.forEach((id, place) => {
      const { element, render } = this.#items[place];
      if (id !== before[place] && before.length) restRow(element);
      render(byId.get(id) ?? null);
    });
  }

  /** Show the name of `player` no more, in a place that has become empty either. */
  forget(player) {
    for (const { forget } of this.#items) forget((entry) => without(entry, player));
  }
}

/** An entry that names `player` no more. */
const without = (entry, player) =>
  JSON.parse(JSON.stringify(entry), (_, value) => (value?.player === player ? { ...value, name: FORGOTTEN } : value));

/** For a moment it takes no press: that was meant for what was here before. */
function restRow(element) {
  element.inert = true;
  setTimeout(() => (element.inert = false), CALM);
}

export class LobbyView {
  #open;
  #played;
  #more = find("more-open");
  #all = fromEntry(ALL) ?? false;
  #openNow = 0;

  /** `join(entry)` is called when somebody wants to; `isOwn(game)` says whether the browser sits there. */
  constructor({ join, isOwn }) {
    this.#open = new Places(find("open-games"), () => openGame(join, isOwn));
    this.#played = new Places(find("played-games"), playedGame);
    this.#more.addEventListener("click", () => {
      keepInEntry(ALL, (this.#all = !this.#all));
      this.#renderMore();
    });
  }

  /** Show `shown`, entries by their ids. */
  render(shown) {
    const entries = [...shown.values()];
    const open = entries.filter(({ status }) => status === "waiting").sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    const played = entries.filter(({ status }) => status !== "waiting").sort((a, b) => (a.changed_at > b.changed_at ? -1 : 1));
    this.#open.render(open);
    this.#played.render(played);
    this.#openNow = open.length;
    show(find("none-open"), !open.length);
    show(find("none-played"), !played.length);
    this.#renderMore();
    show(find("lobby"), true);
  }

  /** Show the name of `player` no more. */
  forget(player) {
    this.#open.forget(player);
    this.#played.forget(player);
  }

  #renderMore() {
    setAttribute(find("open-games"), "data-all", this.#all);
    setText(this.#more, this.#all ? text.lobby.fewer : say(text.lobby.all, { n: this.#openNow }));
    this.#more.style.visibility = this.#openNow > FEW || this.#all ? "" : "hidden";
    setAttribute(this.#more, "aria-expanded", this.#all);
  }
}

function openGame(join, isOwn) {
  let shown = null;
  const seat = make("span", { class: "free" });
  const name = make("bdi", { class: "who" });
  const terms = make("small", {});
  const button = make("button", { type: "button", class: "button primary", "data-testid": "join-open" });
  const own = make("a", { class: "button quiet", hidden: "" });
  own.textContent = text.lobby.yours;
  const element = make("li", { class: "open-game card", "data-testid": "open-game" }, seat, make("span", { class: "about" }, name, terms), button, own);
  button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && join(shown, button));
  const render = (entry) => {
    const gone = !entry;
    setAttribute(element, "data-gone", gone || null);
    setAttribute(button, "aria-disabled", gone || null);
    if (gone) setText(terms, text.lobby.taken);
    else if (entry !== shown) fill(entry);
  };
  const fill = (entry) => {
    shown = entry;
    const theirs = SEATS.find((each) => entry.players[each]);
    element.dataset.game = entry.game;
    seat.replaceChildren(...(theirs ? [discIcon(theirs)] : []));
    setText(name, nameAt(entry, theirs));
    setText(terms, element.dataset.gone ? text.lobby.taken : termsOf(entry));
    setText(button, text.lobby.join);
    button.setAttribute("aria-label", say(text.lobby.joinWhose, { name: nameAt(entry, theirs), terms: termsOf(entry) }));
    own.href = pageOf(entry.game);
    show(own, isOwn(entry.game));
    show(button, !isOwn(entry.game));
  };
  const forget = (without) => shown && fill(without(shown));
  return { element, render, forget };
}

function playedGame() {
  let board = new LivingBoard();
  let shown = null;
  const names = Object.fromEntries(SEATS.map((seat) => [seat, make("bdi", {})]));
  const how = make("small", {});
  const frame = make("span", { class: "frame" }, board.element);
  const link = make(
    "a",
    { class: "played-game card", "data-testid": "played-game" },
    frame,
    ...SEATS.map((seat) => make("span", { class: "who" }, discIcon(seat), names[seat])),
    how,
  );
  const element = make("li", {}, link);
  const render = (entry) => {
    setAttribute(element, "data-gone", !entry || null);
    if (entry && entry !== shown) fill(entry);
  };
  const fill = (entry) => {
    if (entry.game !== shown?.game) {
      board = new LivingBoard();
      frame.replaceChildren(board.element);
    }
    shown = entry;
    link.href = pageOf(entry.game);
    link.dataset.game = entry.game;
    board.render(entry.moves);
    link.dataset.moves = entry.moves;
    for (const seat of SEATS) setText(names[seat], nameAt(entry, seat));
    setText(how, entry.status === "finished" ? outcome(entry) : termsOf(entry));
    const [yellow, red] = SEATS.map((seat) => nameAt(entry, seat));
    link.setAttribute("aria-label", say(text.lobby.watch, { yellow, red, n: entry.moves.length }));
  };
  const forget = (without) => shown && fill(without(shown));
  return { element, render, forget };
}

function outcome(entry) {
  if (entry.result === "TIED") return text.lobby.draw;
  if (!entry.result) return text.lobby.over;
  return say(text.lobby.wins, { name: nameAt(entry, entry.result === "PLAYER_ONE_WON" ? "yellow" : "red") });
}
