// The log of all listed games, and the read models that are folded from it, over HTTP.

import { Problem } from "./api.js";
import { BASE } from "./base.js";

const PATIENCE = 10_000; // ms

/**
 * A page of the log, newest first: `{ events, older, newer }`. `query` may have `type`, `id`, and `before` or
 * `after`, a place that an answer has told. Throws Problem.
 */
export const readLog = (query) => get("api/log", query);

/** The read models: `{ projections }`. Throws Problem. */
export const readProjections = () => get("api/projections", {});

async function get(path, query) {
  const address = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new Problem("unreachable");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(answer.code ?? "unreachable", answer.detail);
  return answer;
}
