// A command is kept, and sent again, until it is answered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, ofType, seated, welcome } from "./connected.mjs";

test("a command waits until the seat is taken", () => {
  const { connection, WebSocket } = connected({ token: "secret" });
  connection.send({ type: "move", column: 3, version: 4 });
  WebSocket.last.say(welcome);
  assert.deepEqual(ofType(WebSocket.last, "move"), []);
  WebSocket.last.say(seated);
  assert.deepEqual(ofType(WebSocket.last, "move"), [{ type: "move", column: 3, version: 4, id: "id-1" }]);
});

test("a command without an answer is sent again with the same id after a reconnect", () => {
  const { connection, WebSocket, timers, heard } = connected({ token: "secret" });
  WebSocket.last.say(welcome);
  WebSocket.last.say(seated);
  const id = connection.send({ type: "move", column: 3, version: 4 });
  WebSocket.last.end();
  timers.pass(250);
  WebSocket.last.say(welcome);
  WebSocket.last.say(seated);
  assert.deepEqual(ofType(WebSocket.last, "move"), [{ type: "move", column: 3, version: 4, id }]);
  WebSocket.last.say({ type: "accepted", id, version: 5 });
  assert.deepEqual(heard.accepted, [id]);
});

for (const answer of ["accepted", "rejected"]) {
  test(`a command that was ${answer} is not sent again`, () => {
    const { connection, WebSocket, timers } = connected({ token: "secret" });
    WebSocket.last.say(welcome);
    WebSocket.last.say(seated);
    const id = connection.send({ type: "resign" });
    WebSocket.last.say({ type: answer, id, code: "game_over", version: 5 });
    WebSocket.last.end();
    timers.pass(250);
    WebSocket.last.say(welcome);
    WebSocket.last.say(seated);
    assert.deepEqual(ofType(WebSocket.last, "resign"), []);
  });
}

test("a command whose event comes is settled by it, and a later refusal is no news", () => {
  const { connection, WebSocket, timers, heard } = connected({ token: "secret" });
  WebSocket.last.say(welcome);
  WebSocket.last.say(seated);
  const id = connection.send({ type: "move", column: 3, version: 0 });
  WebSocket.last.end();
  timers.pass(250);
  WebSocket.last.say(welcome);
  WebSocket.last.say({ type: "events", events: [{ version: 1, type: "MoveMade", data: {}, command_id: id }] });
  WebSocket.last.say(seated);
  assert.deepEqual(ofType(WebSocket.last, "move"), []);
  WebSocket.last.say({ type: "rejected", id, code: "stale_version" });
  assert.deepEqual(heard.rejected, []);
});
