// The log of many games as a page shows it: commits, newest first, each with its events in their order. Pure.

/** An event's name within the page, which is its address behind the #, too. */
export const nameOf = ({ game, version }) => `${game}-${version}`;

/** `events`, newest first, as commits, newest first: `{ key, game, command, events }`. Those of one command are one. */
export function grouped(events) {
  const commits = [];
  for (const event of events) {
    const key = `${event.game}-${event.metadata.command_id}`;
    const last = commits.at(-1);
    if (last?.key === key) last.events.unshift(event);
    else commits.push({ key, game: event.game, events: [event] });
  }
  return commits;
}

/** `shown` with `more` before or behind it, both newest first, each event once. */
export function joined(shown, more) {
  const names = new Set(shown.map(nameOf));
  const fresh = more.filter((event) => !names.has(nameOf(event)));
  const isNewer = fresh.length && shown.length && compare(fresh[0], shown[0]) > 0;
  return isNewer ? [...fresh, ...shown] : [...shown, ...fresh];
}

/** The order of the log: above 0 where `a` comes after `b`. */
const compare = (a, b) => a.transaction - b.transaction || a.position - b.position;
