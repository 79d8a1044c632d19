// Loaded before the tests (`node --import`): Node's fetch reads no files, and a page's words are fetched.

import { readFile } from "node:fs/promises";

const { fetch } = globalThis;

globalThis.fetch = async (url, options) =>
  String(url).startsWith("file:") ? new Response(await readFile(new URL(url))) : fetch(url, options);
