// Somebody was forgotten while the page is open.

import { FORGOTTEN } from "./forgotten.js";
import { Log } from "./log.js";

/** `state`, see table.js, without the name of `player`. */
export function forget(state, player) {
  if (state.log.events.every(({ data }) => data.player !== player || (data.name ?? FORGOTTEN) === FORGOTTEN)) return state;
  const events = state.log.events.map((event) =>
    event.type === "PlayerJoined" && event.data.player === player ? { ...event, data: { ...event.data, name: FORGOTTEN } } : event,
  );
  return { ...state, log: new Log().with(events) };
}
