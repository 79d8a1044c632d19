// The socket that was there before the page's script, and the log that the browser kept.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { rememberLog } from "../../static/browser/remembered.js";
import { Connection } from "../../static/wire/connection.js";
import { EarlyOr } from "../../static/wire/early.js";
import { connected, events, welcome } from "./connected.mjs";
import { FakeTimers, fakeSockets, fakeStorage } from "./fakes.mjs";

const before = globalThis.WebSocket;

afterEach(() => {
  globalThis.WebSocket = before;
  delete globalThis.early;
});

/** A connection to `url` of a page whose early socket went to `early`, and has heard `messages` and a close with `code`. */
async function opened({ url = "ws://test/g?after=0", early = url, messages = [], code = null }) {
  const WebSocket = (globalThis.WebSocket = fakeSockets());
  const heard = [];
  globalThis.early = {
    socket: new WebSocket(early),
    heard: messages.map((message) => ({ data: JSON.stringify(message) })),
    code,
  };
  const connection = new Connection({
    url: () => url,
    WebSocket: EarlyOr,
    timers: new FakeTimers(),
    random: () => 1,
    on: {
      state: (state) => heard.push(state),
      events: (fresh) => heard.push(...fresh.map(({ version }) => version)),
      gone: (closed) => heard.push(closed),
    },
  });
  connection.open();
  await null;
  return { connection, WebSocket, heard };
}

test("the early socket is the connection's first, and what it has heard comes before what it hears", async () => {
  const { WebSocket, heard } = await opened({ messages: [welcome, events(1)] });
  WebSocket.last.say(events(2));
  assert.deepEqual(heard, ["live", 1, 2]);
  assert.equal(WebSocket.all.length, 1);
});

test("an early socket that was closed by now is heard to have been", async () => {
  const { heard } = await opened({ code: 4404 });
  assert.deepEqual(heard, ["gone", 4404]);
});

test("an early socket to somewhere else is closed", async () => {
  const { WebSocket } = await opened({ early: "ws://test/g?after=7" });
  assert.deepEqual(WebSocket.all.map(({ url, closed }) => [url, closed]), [["ws://test/g?after=7", true], ["ws://test/g?after=0", false]]);
});

test("only the first socket is an early one", async () => {
  const { connection, WebSocket } = await opened({});
  WebSocket.last.end();
  connection.wake();
  assert.equal(WebSocket.all.length, 2);
});

test("who has seen a part of the game asks for the rest", () => {
  const { WebSocket } = connected({ seen: events(1, 2).events });
  assert.equal(WebSocket.last.url, "ws://test/ws/games/g?after=2&last=c2");
});

test("the logs of the five games that were open last are kept", () => {
  const local = fakeStorage();
  for (const game of ["a", "b", "c", "d", "e", "a", "f"]) rememberLog(game, events(1).events, local);
  assert.deepEqual([...local.items.keys()].sort(), ["a", "c", "d", "e", "f"].map((game) => `connect4.log.${game}`).concat("connect4.logs"));
  rememberLog("a", [], local);
  assert.equal(local.getItem("connect4.log.a"), null);
});
