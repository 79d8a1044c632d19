// Loaded before the tests (`node --import`): Node's fetch reads no files, and a page's words are fetched.

import { readFile } from "node:fs/promises";

const { fetch } = globalThis;

const read = async (url) => JSON.parse(await readFile(url));

/** A table of words as the game page gets it, with its own in it. */
async function words(url) {
  const own = new URL(`game/${url.pathname.split("/").at(-1)}`, url);
  return { ...(await read(url)), ...(await read(own)) };
}

globalThis.fetch = async (url, options) =>
  String(url).startsWith("file:") ? Response.json(await words(new URL(url))) : fetch(url, options);
