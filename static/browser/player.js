// The player that this browser is: a secret, made at the first game and kept. Where the browser keeps nothing, everything can
// be played as nobody, unrated.

import { call } from "../wire/api.js";
import { storage } from "./storage.js";

const PLAYER_KEY = "connect4.player";
const UNNAMED = "Anonymous"; // the name of whoever gave none

/** The player that is kept, `{ player, name, secret }`, or null. */
export function keptPlayer(local = storage("localStorage")) {
  try {
    return JSON.parse(local.getItem(PLAYER_KEY));
  } catch {
    return null; // it was written by something else
  }
}

/** Keep `player` from now on; null is for none. Returns whether the browser does. */
export const keepPlayer = (player, local = storage("localStorage")) => local.setItem(PLAYER_KEY, JSON.stringify(player));

/** `player` under another name, for games to come. Throws Problem. */
export async function renamed(player, name, local = storage("localStorage")) {
  const answer = await call("PATCH", "api/me", { body: { name }, secret: player.secret });
  const after = { ...player, name: answer.name };
  keepPlayer(after, local);
  return after;
}

/**
 * What `ask(secret)` gives, as this browser's player, who is made now, and called `name`, where there is none; without a
 * secret it asks as nobody. A secret that the server does not know any more is dropped without a word. Throws as `ask`.
 */
export async function asPlayer(name, ask, local = storage("localStorage")) {
  const player = await ownPlayer(name, local);
  try {
    return await ask(player?.secret);
  } catch (problem) {
    if (problem.code !== "bad_secret") throw problem;
    keepPlayer(null, local);
    return await ask((await ownPlayer(name, local))?.secret);
  }
}

async function ownPlayer(name, local) {
  const kept = keptPlayer(local);
  if (kept) return name && kept.name === UNNAMED ? renamed(kept, name, local).catch(() => kept) : kept;
  if (!keepPlayer(null, local)) return null; // nor would it keep a secret
  const made = await call("POST", "api/players", { body: { name } }).catch(() => null);
  const player = keptPlayer(local) ?? made; // another tab may have been faster
  if (player) keepPlayer(player, local);
  return player;
}
