// The HTTP calls, against a server that is played by the test.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createGame, joinGame, Problem } from "../../static/wire/api.js";

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

test("an answer that is not the server's own is a Problem, too", async (t) => {
  server(t, () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  await assert.rejects(createGame({}), { code: "unknown" });
});

test("a server that cannot be reached is a Problem, too", async (t) => {
  server(t, () => {
    throw new TypeError("Failed to fetch");
  });
  await assert.rejects(createGame({}), { code: "unreachable" });
});
