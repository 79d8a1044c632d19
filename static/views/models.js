// The read models, and how far each is behind the log.

import { feed } from "../words/feed.js";
import { say } from "../words/text.js";
import { make } from "./make.js";

/** Show `projections` in `list`, a line each, and in `sum` how they are on the whole: as the one that is worst. */
export function renderModels(list, sum, projections) {
  const lines = projections.map(({ name, version, ...state }) => [`${name} v${version}`, said(state), state.state]);
  const key = JSON.stringify(lines);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...lines.map(([name, how, state]) => make("li", { "data-state": state }, make("b", {}, name), make("span", {}, how))));
  const stopped = projections.find(({ state }) => state === "stopped");
  const behind = projections.toSorted((a, b) => b.lag_events - a.lag_events)[0];
  sum.textContent = stopped || behind ? said(stopped ?? behind) : "";
}

function said({ state, lag_events: n, lag_ms, held_back, percent }) {
  if (state === "stopped") return feed.stopped;
  if (state === "building") return say(feed.building, { percent });
  if (held_back) return say(feed.heldBack, { n: held_back });
  if (!n) return feed.upToDate;
  return `${say(feed.behind, { n })} ${say(feed.behindFor, { seconds: Math.ceil(lag_ms / 1000) })}`;
}
