// The read models, and how far each is behind the log.

import { say, text } from "../words/text.js";
import { make } from "./make.js";

const words = text.feed;

/** Show `projections` in `list`, a line each. */
export function renderModels(list, projections) {
  const lines = projections.map(({ name, version, ...state }) => [`${name} v${version}`, said(state), state.state]);
  const key = JSON.stringify(lines);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...lines.map(([name, how, state]) => make("li", { "data-state": state }, make("b", {}, name), make("span", {}, how))));
}

function said({ state, lag_events: n, lag_ms, held_back, percent }) {
  if (state === "stopped") return words.stopped;
  if (state === "building") return say(words.building, { percent });
  if (held_back) return say(words.heldBack, { n: held_back });
  if (!n) return words.upToDate;
  return `${say(words.behind, { n })} ${say(words.behindFor, { seconds: Math.ceil(lag_ms / 1000) })}`;
}
