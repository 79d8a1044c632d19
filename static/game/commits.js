// The log of many games as a page shows it: commits, newest first, each with its events in their order. Pure.

import { FORGOTTEN } from "./forgotten.js";

/** An event's name within the page, which is its address behind the #, too. */
export const anchorOf = ({ game, version }) => `${game}-${version}`;

/**
 * `events`, newest first, as commits, newest first: `{ key, game, events }`. A commit's are those of one command in one
 * game; those of others may lie between them, since many commands are written to the disk together.
 */
export function grouped(events) {
  const commits = new Map();
  for (const event of events) {
    const { game, metadata } = event;
    const key = `${game}-${metadata.command_id}`;
    if (!commits.has(key)) commits.set(key, { key, game, events: [] });
    commits.get(key).events.unshift(event);
  }
  return [...commits.values()];
}

/** `shown` with `more` before or behind it, both newest first, each event once. */
export function joined(shown, more) {
  const names = new Set(shown.map(anchorOf));
  const fresh = more.filter((event) => !names.has(anchorOf(event)));
  const isNewer = fresh.length && shown.length && compare(fresh[0], shown[0]) > 0;
  return isNewer ? [...fresh, ...shown] : [...shown, ...fresh];
}

/** `shown`, with the names that its players have in `anew`, the same events read again: a name can be forgotten. */
export function renamed(shown, anew) {
  const known = new Map(anew.map((event) => [anchorOf(event), event]));
  return shown.map((event) => {
    const now = known.get(anchorOf(event));
    return now && now.data.name !== event.data.name ? now : event;
  });
}

/** `shown` without the name of `player`. */
export const without = (shown, player) =>
  shown.map((event) =>
    event.data.player === player && event.data.name ? { ...event, data: { ...event.data, name: FORGOTTEN } } : event,
  );

/** The order of the log: above 0 where `a` comes after `b`. */
const compare = (a, b) => a.transaction - b.transaction || a.position - b.position;
