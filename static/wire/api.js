// The HTTP calls that a player makes. Problem details (RFC 9457) become a Problem.

import { BASE } from "./base.js";

/** The server, or the way to it, refused. `code` is the server's, or "unreachable". */
export class Problem extends Error {
  constructor(code, detail = code) {
    super(detail);
    this.code = code;
  }
}

/** Open a game: `{ game, seat, token, url }`. `options` are those of POST /api/games. Throws Problem. */
export const createGame = (options) => post("api/games", options);

/** Take the free seat of a game: `{ game, seat, token }`. Throws Problem. */
export const joinGame = (game, options) => post(`api/games/${game}/players`, options);

async function post(path, body) {
  let response;
  try {
    response = await fetch(new URL(path, BASE), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Problem("unreachable");
  }
  // What stands between here and the server may answer too, and not in JSON.
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(answer.code ?? "unknown", answer.detail);
  return answer;
}
