// The HTTP calls, against a server that is played by the test.

import assert from "node:assert/strict";
import { test } from "node:test";

import { call, createGame, joinGame, newRequest, Problem } from "../../static/wire/api.js";

/** Let `fetch` answer with `answer` for this test; returns what was asked. */
function server(t, answer) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (path, { method, body }) => {
    asked.push([method, new URL(path).pathname, JSON.parse(body)]);
    return answer();
  });
  return asked;
}

const json = (status, body) => new Response(JSON.stringify(body), { status });

test("a game is opened with a name and a seat", async (t) => {
  const created = { game: "g", seat: "red", token: "t", url: "/games/g" };
  const asked = server(t, () => json(201, created));
  assert.deepEqual(await createGame({ name: "Ada", seat: "red" }), created);
  assert.deepEqual(asked, [["POST", "/api/games", { name: "Ada", seat: "red" }]]);
});

test("the free seat is taken with a name", async (t) => {
  const asked = server(t, () => json(201, { game: "g", seat: "red", token: "t" }));
  assert.equal((await joinGame("g", { name: "Grace" })).seat, "red");
  assert.deepEqual(asked, [["POST", "/api/games/g/players", { name: "Grace" }]]);
});

test("problem details become a Problem with the server's code", async (t) => {
  server(t, () => json(409, { status: 409, code: "seat_taken", detail: "Both seats are taken." }));
  await assert.rejects(joinGame("g", {}), (error) => error instanceof Problem && error.code === "seat_taken");
});

test("an answer that is cut off is none: it is asked for again", async (t) => {
  let answers = 0;
  const asked = server(t, () => (answers++ ? json(201, { game: "g" }) : new Response('{"game": "g', { status: 201 })));
  assert.deepEqual(await createGame({}, { wait: () => {} }), { game: "g" });
  assert.equal(asked.length, 2);
});

test("an answer without a body is an answer", async (t) => {
  t.mock.method(globalThis, "fetch", async () => new Response(null, { status: 204 }));
  assert.deepEqual(await call("DELETE", "api/me"), {});
});

test("an answer that is not the server's own is a Problem, too", async (t) => {
  server(t, () => new Response("<h1>Not here</h1>", { status: 405 }));
  await assert.rejects(createGame({}), { code: "unknown" });
});

const LOST = [
  () => Promise.reject(new TypeError("Failed to fetch")),
  () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
  () => json(503, { status: 503, code: "unavailable" }),
];
const soon = { wait: async () => {} };

test("an answer that was lost is asked for again with the same id and token", async (t) => {
  const answers = [...LOST, () => json(201, { game: "g" })];
  const asked = server(t, () => answers.shift()());
  const request = newRequest();
  assert.deepEqual(await createGame(request, soon), { game: "g" });
  assert.deepEqual(asked, Array(4).fill(["POST", "/api/games", request]));
});

test("a server that is never reached is a Problem, too", async (t) => {
  const asked = server(t, LOST[0]);
  await assert.rejects(createGame({}, soon), { code: "unreachable" });
  assert.equal(asked.length, 5);
});

test("a refusal is not asked for again", async (t) => {
  const asked = server(t, () => json(429, { status: 429, code: "rate_limited" }));
  await assert.rejects(joinGame("g", {}, soon), { code: "rate_limited" });
  assert.equal(asked.length, 1);
});
