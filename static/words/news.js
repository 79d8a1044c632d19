// What has happened between two states of a page (see table.js): for the ear.

import { lastMove, winner } from "../game/game.js";
import { offerToUs } from "../game/manners.js";
import { isLive, lookedAt } from "../game/recorder.js";
import { caughtUp, isNews } from "../game/table.js";
import { say, text } from "./text.js";
import { landed, nameOf, nowIn, sentence, toldIn } from "./words.js";

/**
 * What is read out when a page that showed `before` shows `after`: `[words, now]`, where `now` is what is going on, or ""
 * where that is no news. What others saw before is not told event by event.
 */
export function spoken(before, after) {
  const events = fresh(before, after);
  const told = after.told && after.told !== before.told ? toldIn(after.told) : "";
  const words = [told, ...events.map((event) => happened(event, after)), ...comings(before, after), looking(before, after)];
  const caught = after.ribbon !== before.ribbon && after.ribbon?.what === "back" && after.ribbon.n > 0;
  const sat = after.seat !== before.seat && after.seat !== null && after.log.game.next === after.seat;
  const live = isLive(after) && !isLive(before);
  const known = before.log.game.status === "finished" && !live;
  return [words.filter(Boolean).join(" "), isLive(after) && !known && (events.length || caught || sat || live) ? going(after) : ""];
}

/** Which sound is heard, or null. */
export function heard(before, after) {
  const { game } = after.log;
  const events = fresh(before, after);
  if (!events.length) return after.move && after.move !== before.move ? "drop" : null;
  const types = events.map(({ type }) => type);
  if (types.some((type) => ENDS.has(type))) return after.seat && winner(game) === after.seat ? "won" : "over";
  if (types.some((type) => type.endsWith("Offered"))) return offerToUs(after) ? "offer" : null;
  if (types.every((type) => /Declined|Rematch/.test(type))) return null;
  if (game.next && game.next === after.seat) return "turn";
  const own = events.some(({ command_id }) => command_id === before.move?.id); // was heard when it was made
  return own ? null : "drop";
}

/** The events that came while everything before them was there. */
function fresh(before, after) {
  if (!caughtUp(before) || !isNews(after) || !after.log.continues(before.log)) return [];
  return after.log.events.slice(Math.max(before.log.game.version, after.goal));
}

const ENDS = new Set(["GameFinished", "GameAborted"]);

/** What was asked or answered between the players, to who sits at `seat`. */
export function happenedIn(event, log, seat) {
  const actor = log.actor(event);
  const { ours, theirs } = text.happened[event.type];
  return say(actor && actor === seat ? ours : theirs, { name: nameOf(log.game, actor), n: event.data.number });
}

function happened(event, { log, seat }) {
  const { type, data, version } = event;
  if (type in text.happened) return happenedIn(event, log, seat);
  if (type === "PlayerJoined") return say(text.joined[data.seat], { name: data.name || text.seat[data.seat] });
  return type === "MoveMade" ? landed(lastMove(log.at(version))) : "";
}

/** Who of the players, but for oneself, has gone or come back. */
function comings(before, after) {
  if (!before.presence.known || !after.presence.known) return [];
  return ["yellow", "red"].map((seat) => {
    const [was, is] = [before, after].map(({ presence }) => presence.connected.includes(seat));
    const there = before.presence.seen.includes(seat) && seat !== after.seat;
    return there && was !== is ? say(text[is ? "cameBack" : "left"], { name: nameOf(after.log.game, seat) }) : "";
  });
}

function looking(before, after) {
  const [was, is] = [lookedAt(before), lookedAt(after)];
  if (isLive(after)) return isLive(before) || after.told !== before.told ? "" : text.nowLive;
  if (after.look.playing || (was === is && !isLive(before))) return "";
  const made = after.log.moves(is - 1).find(({ version }) => version === is);
  return [nowIn(after).detail, made && landed(made)].filter(Boolean).join(" ");
}

/** What is going on, with how it ended where it has. */
function going(state) {
  const { headline, detail } = nowIn(state);
  return state.log.game.status === "finished" ? `${sentence(headline)} ${detail}` : sentence(headline);
}
