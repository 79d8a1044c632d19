// The socket's promises: every event once and in order, and back after any loss.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../static/wire/connection.js";
import { connected, events, ofType, seated, welcome } from "./connected.mjs";
import { FakeTimers, fakeSockets } from "./fakes.mjs";

test("it is live from the welcome on, and asks for everything at first", () => {
  const { connection, WebSocket, heard } = connected();
  assert.equal(connection.state, "connecting");
  assert.equal(WebSocket.last.url, "ws://test/ws/games/g?after=0");
  WebSocket.last.say(welcome);
  assert.deepEqual(heard.states, ["live"]);
});

test("a spectator sends nothing at the welcome", () => {
  const { WebSocket } = connected();
  WebSocket.last.say(welcome);
  assert.deepEqual(WebSocket.last.sent, []);
});

test("who has a token takes the seat after each welcome", () => {
  const { WebSocket, timers, heard } = connected({ token: "secret" });
  for (const _ of [1, 2]) {
    WebSocket.last.say(welcome);
    assert.deepEqual(WebSocket.last.sent, [{ type: "authenticate", token: "secret" }]);
    WebSocket.last.say(seated);
    WebSocket.last.end();
    timers.pass(10_000);
  }
  assert.deepEqual(heard.seated, ["yellow", "yellow"]);
});

test("a token that comes while the socket is live is used at once", () => {
  const { connection, WebSocket } = connected();
  WebSocket.last.say(welcome);
  connection.authenticate("secret");
  assert.deepEqual(WebSocket.last.sent, [{ type: "authenticate", token: "secret" }]);
});

test("events are delivered once and in order, and what is known already is dropped", () => {
  const { WebSocket, heard } = connected();
  WebSocket.last.say(welcome);
  WebSocket.last.say(events(1, 2));
  WebSocket.last.say(events(2));
  WebSocket.last.say(events(1, 2, 3));
  assert.deepEqual(heard.versions, [1, 2, 3]);
});

test("a gap is never applied: it reconnects from the last version it had", () => {
  const { WebSocket, timers, heard } = connected();
  const [first] = WebSocket.all;
  first.say(welcome);
  first.say(events(1));
  first.say(events(3));
  assert.deepEqual(heard.versions, [1]);
  assert.ok(first.closed);
  assert.deepEqual(heard.states, ["live", "reconnecting"]);
  timers.pass(250);
  assert.equal(WebSocket.last.url, "ws://test/ws/games/g?after=1&last=c1");
  WebSocket.last.say({ ...welcome, version: 3 });
  WebSocket.last.say(events(2));
  WebSocket.last.say(events(3));
  assert.deepEqual(heard.versions, [1, 2, 3]);
});

test("a gap inside a frame delivers what comes before it", () => {
  const { WebSocket, heard } = connected();
  WebSocket.last.say(welcome);
  WebSocket.last.say(events(1, 3));
  assert.deepEqual(heard.versions, [1]);
});

test("a socket that was given up is not listened to any more", () => {
  const { WebSocket, timers, heard } = connected();
  const [first] = WebSocket.all;
  first.say(welcome);
  first.say(events(2));
  first.say(events(1));
  first.end(4404);
  timers.pass(250);
  assert.deepEqual(heard.versions, []);
  assert.deepEqual(heard.gone, []);
  assert.equal(WebSocket.all.length, 2);
});

for (const code of [1001, 1006, 1008, 1011, 1012, 1013]) {
  test(`it reconnects after a close with ${code}`, () => {
    const { WebSocket, timers, heard } = connected();
    WebSocket.last.say(welcome);
    WebSocket.last.end(code);
    assert.deepEqual(heard.states, ["live", "reconnecting"]);
    timers.pass(250);
    assert.equal(WebSocket.all.length, 2);
  });
}

for (const code of [4404, 4401]) {
  test(`it does not reconnect after a close with ${code}`, () => {
    const { connection, WebSocket, timers, heard } = connected();
    WebSocket.last.say(welcome);
    WebSocket.last.end(code);
    connection.wake();
    timers.pass(60_000);
    assert.equal(WebSocket.all.length, 1);
    assert.equal(connection.state, "gone");
    assert.deepEqual(heard.gone, [code]);
  });
}

test("after a refused token it can be opened again to watch", () => {
  const { connection, WebSocket, heard } = connected({ token: "stale" });
  WebSocket.last.say(welcome);
  WebSocket.last.end(4401);
  connection.authenticate(null);
  connection.open();
  WebSocket.last.say(welcome);
  assert.deepEqual(WebSocket.last.sent, []);
  assert.deepEqual(heard.states, ["live", "gone", "connecting", "live"]);
});

test("the wait between attempts doubles from 0.25 s up to 6 s, for ever", () => {
  const { WebSocket, timers } = connected();
  for (const wait of [250, 500, 1000, 2000, 4000, 6000, 6000, 6000]) {
    const attempts = WebSocket.all.length;
    WebSocket.last.end();
    timers.pass(wait - 1);
    assert.equal(WebSocket.all.length, attempts);
    timers.pass(1);
    assert.equal(WebSocket.all.length, attempts + 1);
  }
});

test("a connection that held for a while starts the backoff afresh, one that broke at once does not", () => {
  const { WebSocket, timers } = connected();
  WebSocket.last.end();
  timers.pass(250);
  WebSocket.last.say(welcome);
  WebSocket.last.end();
  timers.pass(250);
  assert.equal(WebSocket.all.length, 2);
  timers.pass(250);
  assert.equal(WebSocket.all.length, 3);
  WebSocket.last.say(welcome);
  timers.pass(5_000);
  WebSocket.last.end();
  timers.pass(250);
  assert.equal(WebSocket.all.length, 4);
});

test("when the network or the page comes back it does not wait for the backoff", () => {
  const { connection, WebSocket, timers } = connected();
  WebSocket.last.end();
  connection.wake();
  assert.equal(WebSocket.all.length, 2);
  timers.pass(5_000);
  assert.equal(WebSocket.all.length, 2);
});

test("nothing wakes a connection that has not been opened", () => {
  const WebSocket = fakeSockets();
  new Connection({ url: () => "ws://test", on: {}, WebSocket, timers: new FakeTimers() }).wake();
  assert.equal(WebSocket.all.length, 0);
});

test("when the network or the page comes back a live socket is asked whether it still is one", () => {
  const { connection, WebSocket, timers } = connected();
  WebSocket.last.say(welcome);
  connection.wake();
  assert.equal(ofType(WebSocket.last, "ping").length, 1);
  timers.pass(15_250);
  assert.equal(WebSocket.all.length, 2);
});

test("it pings after a second, and then every ten", () => {
  const { WebSocket, timers } = connected();
  WebSocket.last.say(welcome);
  for (const [pings, after] of [[1, 1_000], [2, 10_000], [3, 10_000]]) {
    timers.pass(after);
    const sent = ofType(WebSocket.last, "ping");
    assert.equal(sent.length, pings);
    WebSocket.last.say({ type: "pong", t: sent.at(-1).t, server_time: welcome.server_time });
  }
  assert.equal(WebSocket.all.length, 1);
});

test("after 25 s without a word it takes the connection for lost", () => {
  const { WebSocket, timers } = connected();
  const [first] = WebSocket.all;
  first.say(welcome);
  timers.pass(1_000);
  first.say({ type: "pong", t: 1_000, server_time: welcome.server_time });
  timers.pass(24_999);
  assert.ok(!first.closed);
  timers.pass(1);
  assert.ok(first.closed);
  timers.pass(250);
  assert.equal(WebSocket.all.length, 2);
});

test("any frame counts as a sign of life", () => {
  const { WebSocket, timers } = connected();
  WebSocket.last.say(welcome);
  for (let second = 0; second < 100; second += 12) {
    timers.pass(12_000);
    WebSocket.last.say({ type: "presence", spectators: 0, connected: [] });
  }
  assert.equal(WebSocket.all.length, 1);
});

test("a handshake that is never answered is given up", () => {
  const { WebSocket, timers } = connected();
  timers.pass(15_250);
  assert.ok(WebSocket.all[0].closed);
  assert.equal(WebSocket.all.length, 2);
});

test("messages of a type not known here are passed over", () => {
  const { WebSocket, heard } = connected();
  WebSocket.last.say(welcome);
  WebSocket.last.say({ type: "weather", sunny: true });
  WebSocket.last.say({ type: "presence", spectators: 3, connected: ["yellow"] });
  assert.deepEqual(heard.presence, [3]);
});

for (const code of ["unavailable", "rate_limited"]) {
  test(`a command refused as ${code} is kept and sent again with its id until it has its answer`, () => {
    const { connection, WebSocket, timers, heard } = connected({});
    WebSocket.last.say(welcome);
    const id = connection.send({ type: "move", column: 3 });
    for (const times of [2, 3]) {
      WebSocket.last.say({ type: "rejected", id, code, detail: "Not now." });
      timers.pass(10_000);
      assert.deepEqual(ofType(WebSocket.last, "move").map((message) => message.id), Array(times).fill(id));
    }
    assert.deepEqual(heard.rejected ?? [], []);
    WebSocket.last.say({ type: "accepted", id, version: 5 });
    timers.pass(10_000);
    assert.equal(ofType(WebSocket.last, "move").length, 3);
  });
}

const alive = (WebSocket) => WebSocket.all.filter(({ closed }) => !closed).length;

test("however often it is woken there is one socket", () => {
  const { connection, WebSocket, timers } = connected();
  for (let wakes = 0; wakes < 3; wakes++) connection.wake();
  assert.equal(WebSocket.all.length, 1, "while it connects");
  WebSocket.last.end();
  for (let wakes = 0; wakes < 3; wakes++) connection.wake();
  assert.equal(WebSocket.all.length, 2, "while it waits");
  timers.pass(4_000);
  for (let wakes = 0; wakes < 3; wakes++) connection.wake();
  assert.equal(WebSocket.all.length, 3, "while an attempt hangs");
  WebSocket.last.say(welcome);
  for (let wakes = 0; wakes < 3; wakes++) connection.wake();
  assert.equal(WebSocket.all.length, 3, "while it is live");
  assert.equal(alive(WebSocket), 1);
});

test("who is tired of waiting gets a new socket at once, in place of the one that is under way", () => {
  const { connection, WebSocket, timers } = connected();
  connection.tryNow();
  assert.deepEqual(WebSocket.all.map(({ closed }) => closed), [true, false]);
  WebSocket.last.end();
  connection.tryNow();
  assert.equal(WebSocket.all.length, 3);
  WebSocket.last.say(welcome);
  connection.tryNow();
  timers.pass(900);
  assert.equal(WebSocket.all.length, 3, "while it is live");
});

test("a wake gives up an attempt that hangs and makes another, which has all its time", () => {
  const { connection, WebSocket, timers } = connected();
  timers.pass(14_000);
  connection.wake();
  assert.equal(WebSocket.all.length, 2);
  assert.ok(WebSocket.all[0].closed);
  timers.pass(14_000);
  assert.ok(!WebSocket.last.closed);
  WebSocket.last.say(welcome);
  assert.equal(connection.state, "live");
});

test("the timers of a connection that was lost do not touch the next one", () => {
  const { WebSocket, timers } = connected();
  WebSocket.last.say(welcome);
  timers.pass(1_000); // a ping that is never answered
  WebSocket.last.end();
  timers.pass(10_000);
  WebSocket.last.say(welcome);
  const pings = () => ofType(WebSocket.last, "ping").length;
  timers.pass(999);
  assert.equal(pings(), 0);
  timers.pass(1);
  assert.equal(pings(), 1);
  timers.pass(14_999);
  assert.equal(WebSocket.all.length, 2);
});

test("far away a socket has twice its way there and back to show that it is alive", () => {
  const { connection, WebSocket, timers } = connected();
  WebSocket.last.say(welcome);
  timers.pass(1_000);
  const [{ t }] = ofType(WebSocket.last, "ping");
  timers.pass(5_000);
  WebSocket.last.say({ type: "pong", t, server_time: welcome.server_time });
  connection.wake(3_000);
  timers.pass(9_999);
  assert.ok(!WebSocket.last.closed);
  timers.pass(1);
  assert.ok(WebSocket.last.closed);
});

for (const [how, leave] of [
  ["closed with 4409", (socket) => socket.end(4409)],
  ["welcomed to a shorter log by an older server", (socket) => socket.say({ ...welcome, version: 3 })],
]) {
  test(`who is ${how} begins anew at once, without the commands that were given before`, () => {
    const { connection, WebSocket, timers, heard } = connected();
    WebSocket.last.say({ ...welcome, version: 5 });
    WebSocket.last.say(events(1, 2, 3, 4, 5));
    const id = connection.send({ type: "move", column: 3, version: 5 });
    WebSocket.last.end();
    timers.pass(10_000);
    assert.match(WebSocket.last.url, /after=5&last=c5$/);
    leave(WebSocket.last);
    timers.pass(0);
    assert.match(WebSocket.last.url, /after=0$/);
    assert.deepEqual(heard.restarts, [[id]]);
    WebSocket.last.say({ ...welcome, version: 3 });
    WebSocket.last.say(events(1, 2, 3));
    assert.deepEqual(heard.versions, [1, 2, 3, 4, 5, 1, 2, 3]);
    assert.equal(connection.version, 3);
    assert.deepEqual(ofType(WebSocket.last, "move"), []);
  });
}

test("a log that is never the one that was told is asked for with a backoff", () => {
  const { WebSocket, timers, heard } = connected();
  for (let attempts = 1; attempts < 4; attempts++) {
    WebSocket.last.end(4409);
    timers.pass(0);
    assert.equal(WebSocket.all.length, attempts);
    timers.pass(8_000);
  }
  assert.deepEqual(heard.restarts, []);
});

test("a server that speaks a newer protocol is told of, and left alone", () => {
  const { connection, WebSocket, timers, heard } = connected();
  WebSocket.last.say({ ...welcome, protocol: 3 });
  WebSocket.last.say(events(1));
  timers.pass(60_000);
  assert.equal(heard.outdated, 1);
  assert.ok(WebSocket.last.closed);
  assert.equal(WebSocket.all.length, 1);
  assert.equal(connection.state, "gone");
  assert.deepEqual(heard.versions, []);
});

/** A connection that asks a server which answers with `answers`, one after the other, and then as with the last. */
function asking(...answers) {
  const asked = [];
  const ask = async (signal) => {
    asked.push(signal);
    return { why: answers[Math.min(asked.length, answers.length) - 1] };
  };
  const given = connected({ ask });
  /** Let `ms` pass, and the answers come. */
  given.pass = async (ms) => {
    given.timers.pass(ms);
    await new Promise(setImmediate);
  };
  return { ...given, asked };
}

test("the server is asked for the reason only after a socket that was never welcomed", async () => {
  const { WebSocket, asked, pass } = asking("allowed");
  WebSocket.last.say(welcome);
  WebSocket.last.end();
  await pass(8_000);
  assert.equal(asked.length, 0);
  assert.equal(WebSocket.all.length, 2);
  WebSocket.last.end();
  await pass(8_000);
  assert.equal(asked.length, 1);
  assert.equal(WebSocket.all.length, 3);
});

test("who is refused is told so, and opens no socket until the server lets the page in", async () => {
  const { connection, WebSocket, heard, pass } = asking("refused", "refused", "allowed");
  WebSocket.last.end();
  await pass(250);
  assert.deepEqual(heard.lost, [undefined, "refused"]);
  assert.equal(connection.state, "refused");
  await pass(500);
  assert.equal(WebSocket.all.length, 1);
  await pass(1_000);
  assert.equal(WebSocket.all.length, 2);
  WebSocket.last.say(welcome);
  assert.equal(connection.state, "live");
});

test("while the server cannot be reached no socket is opened, and any number of wake-ups open one once it can", async () => {
  const { connection, WebSocket, heard, pass } = asking("unreachable", "unreachable", "allowed");
  WebSocket.last.end();
  await pass(250);
  await pass(500);
  assert.equal(WebSocket.all.length, 1);
  assert.deepEqual(heard.lost, [undefined, "unreachable", "unreachable"]);
  assert.equal(connection.state, "reconnecting");
  for (let wakes = 0; wakes < 3; wakes++) connection.wake();
  await pass(0);
  assert.equal(WebSocket.all.length, 2);
  assert.equal(alive(WebSocket), 1);
});

test("a question that is never answered is given up", async () => {
  const questions = [];
  const { WebSocket, timers, heard } = connected({
    ask: (signal) => {
      questions.push(signal);
      return new Promise(() => {});
    },
  });
  WebSocket.last.end();
  timers.pass(250);
  timers.pass(15_000);
  assert.ok(questions[0].aborted);
  assert.equal(heard.lost.length, 2);
  timers.pass(500);
  assert.equal(questions.length, 2);
});

test("what comes another way while there is no socket is delivered once, and the next socket asks for what follows", () => {
  const { connection, WebSocket, timers, heard } = connected();
  WebSocket.last.end();
  assert.equal(connection.take(2, events(1, 2).events), false);
  timers.pass(250);
  assert.match(WebSocket.last.url, /after=2&last=c2$/);
  WebSocket.last.say({ ...welcome, version: 3 });
  connection.take(3, events(3).events); // an answer that comes late
  WebSocket.last.say(events(2, 3));
  assert.deepEqual(heard.versions, [1, 2, 3]);
});

test("a shorter log that comes another way is another log, and comes from its beginning", () => {
  const { connection, WebSocket, heard } = connected();
  WebSocket.last.say({ ...welcome, version: 2 });
  WebSocket.last.say(events(1, 2));
  WebSocket.last.end();
  assert.equal(connection.take(1, []), true);
  assert.equal(connection.take(1, events(1).events), false);
  assert.deepEqual([heard.versions, heard.restarts], [[1, 2, 1], [[]]]);
});
