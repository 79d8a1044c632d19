import assert from "node:assert/strict";
import { test } from "node:test";

import { LobbyConnection } from "../../static/wire/lobby.js";
import { FakeTimers, fakeSockets } from "./fakes.mjs";

function lobby() {
  const timers = new FakeTimers();
  const WebSocket = fakeSockets();
  const told = [];
  const connection = new LobbyConnection({
    url: "ws://lobby",
    on: {
      games: ({ games }, whole) => told.push([games, whole]),
      counts: ({ players }) => told.push(players),
      forgotten: ({ player }) => told.push(`forget ${player}`),
      lost: () => told.push("lost"),
    },
    WebSocket,
    timers,
    random: () => 1,
  });
  return { connection, WebSocket, timers, told };
}

const games = (...ids) => ({ type: "games", games: ids, gone: [] });

test("the first message of each socket has everything, and the next ones what has changed", () => {
  const { connection, WebSocket, timers, told } = lobby();
  connection.open();
  connection.open();
  assert.equal(WebSocket.all.length, 1);
  const say = (...messages) => messages.forEach((message) => WebSocket.last.say(message));
  say({ type: "welcome" }, games("a"), { type: "counts", players: 3 }, { type: "forgotten", player: "p" }, games("b"), { type: "newer" });
  WebSocket.last.end();
  timers.pass(250);
  assert.equal(WebSocket.all.length, 2);
  say({ type: "welcome" }, games("c"));
  assert.deepEqual(told, [[["a"], true], 3, "forget p", [["b"], false], "lost", [["c"], true]]);
});

test("it waits longer after each failure, and begins afresh after a connection that lasted", () => {
  const { connection, WebSocket, timers } = lobby();
  connection.open();
  for (const wait of [250, 500, 1000]) {
    const { length } = WebSocket.all;
    WebSocket.last.end();
    timers.pass(wait - 1);
    assert.equal(WebSocket.all.length, length);
    timers.pass(1);
    assert.equal(WebSocket.all.length, length + 1);
  }
  WebSocket.last.say({ type: "welcome" });
  timers.pass(6_000);
  WebSocket.last.end();
  timers.pass(250);
  assert.equal(WebSocket.all.length, 5);
});

test("a server that is silent is left, and one that was closed stays so until it is opened", () => {
  const { connection, WebSocket, timers } = lobby();
  connection.open();
  WebSocket.last.say({ type: "welcome" });
  timers.pass(60_000);
  assert.ok(WebSocket.all.length > 1);
  connection.close();
  const { length } = WebSocket.all;
  timers.pass(60_000);
  assert.equal(WebSocket.all.length, length);
  connection.open();
  assert.equal(WebSocket.all.length, length + 1);
});
