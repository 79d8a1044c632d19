// The HTTP calls that a player makes. Problem details (RFC 9457) become a Problem.

import { BASE } from "./base.js";
import { secret, uuid } from "./ids.js";

const LOST_AFTER = 10_000; // ms; then an answer is lost
const ASK_AGAIN_AFTER = [500, 1_000, 2_000, 4_000]; // ms; for an answer that was lost

/** The server, or the way to it, refused. `code` is the server's, or "unreachable". */
export class Problem extends Error {
  constructor(code, detail = code) {
    super(detail);
    this.code = code;
  }
}

/** What makes a request one's own: asked again with the same it has the same answer, and no second effect. */
export const newRequest = () => ({ id: uuid(), token: secret() });

/** Open a game: `{ game, seat, token, url }`. `options` are those of POST /api/games; `how` may have a player's `secret`. Throws Problem. */
export const createGame = (options, how) => ask("api/games", options, how);

/** Take the free seat of a game: `{ game, seat, token }`. Throws Problem. */
export const joinGame = (game, options, how) => ask(`api/games/${game}/players`, options, how);

/** Post `body` to `path`, and again while no answer comes, or the server cannot say yet. Throws Problem. */
export async function ask(path, body, { secret, wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = {}) {
  for (const ms of [...ASK_AGAIN_AFTER, null]) {
    try {
      return await call("POST", path, { body, secret });
    } catch (problem) {
      if (ms === null || !["unreachable", "unavailable"].includes(problem.code)) throw problem;
      await wait(ms);
    }
  }
  return undefined;
}

/** The answer to a call, as the player whose `secret` it is, if there is one. Throws Problem. */
export async function call(method, path, { body, secret } = {}) {
  let response;
  try {
    response = await fetch(new URL(path, BASE), {
      method,
      headers: { "content-type": "application/json", ...(secret && { authorization: `Bearer ${secret}` }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(LOST_AFTER),
    });
  } catch {
    throw new Problem("unreachable");
  }
  // What stands between here and the server may answer too, and not in JSON.
  const answer = response.status === 204 ? {} : await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  throw new Problem(answer?.code ?? (response.ok || response.status >= 502 ? "unreachable" : "unknown"), answer?.detail);
}
