// A command is kept, and sent again, until it is answered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { connected, ofType, seated, welcome } from "./connected.mjs";

test("a command that waits follows the token at once: answers come in order", () => {
  const { connection, WebSocket } = connected({ token: "secret" });
  connection.send({ type: "move", column: 3, version: 4 });
  WebSocket.last.say(welcome);
  const move = { type: "move", column: 3, version: 4, id: "id-1" };
  assert.deepEqual(WebSocket.last.sent, [{ type: "authenticate", token: "secret" }, move]);
  WebSocket.last.say(seated);
  assert.deepEqual(ofType(WebSocket.last, "move"), [move]);
});

test("a token that is refused for now is shown again, and commands wait for it on another socket", () => {
  const { connection, WebSocket, timers, heard } = connected({ token: "secret" });
  const [first] = WebSocket.all;
  first.say(welcome);
  first.say({ type: "rejected", id: null, code: "rate_limited" });
  timers.pass(1_000);
  assert.equal(ofType(first, "authenticate").length, 2);
  const id = connection.send({ type: "resign" });
  first.say({ type: "rejected", id, code: "not_seated" });
  timers.pass(1_000);
  WebSocket.last.say(welcome);
  assert.deepEqual(WebSocket.last.sent, [{ type: "authenticate", token: "secret" }, { type: "resign", id }]);
  assert.deepEqual(heard.rejected, []);
});

test("a spectator's command is refused for good", () => {
  const { connection, WebSocket, heard } = connected();
  WebSocket.last.say(welcome);
  WebSocket.last.say({ type: "rejected", id: connection.send({ type: "resign" }), code: "not_seated" });
  assert.deepEqual(heard.rejected, ["not_seated"]);
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
  WebSocket.last.say({ type: "rejected", id, code: "stale_version" });
  assert.deepEqual(heard.rejected, []);
  WebSocket.last.end();
  timers.pass(1_000);
  WebSocket.last.say(welcome);
  assert.deepEqual(ofType(WebSocket.last, "move"), []);
});
