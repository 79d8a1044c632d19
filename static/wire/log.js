// The log of all listed games, and the read models that are folded from it, over HTTP. Each call throws Problem.

import { call } from "./api.js";
import { query } from "./query.js";

/**
 * A page of the log, newest first: `{ events, older, newer }`. `wanted` may have `type`, `id`, and `before` or `after`, a
 * place that an answer has told.
 */
export const readLog = (wanted) => call("GET", `api/log?${query(wanted)}`);

/** The read models: `{ projections }`. */
export const readProjections = () => call("GET", "api/projections");
