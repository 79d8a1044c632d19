// What is found out about a server by HTTP, when its sockets fail.

import assert from "node:assert/strict";
import { test } from "node:test";

import { askServer } from "../../static/wire/origin.js";

const answering = (status, body = "") => async () => new Response(body, { status });

for (const [why, fetch] of [
  ["allowed", answering(200, '{"allowed": true}')],
  ["allowed", answering(404, "an older server")],
  ["allowed", answering(403, "a proxy's own page")],
  ["refused", answering(200, '{"allowed": false, "origin": "https://example.org", "host": "10.0.0.1:8000"}')],
  ["unreachable", answering(502, "a proxy")],
  ["unreachable", () => Promise.reject(new TypeError("no network"))],
]) {
  test(`${why}: ${fetch.name || "no answer"} ${await fetch().then(async (answer) => `${answer.status} ${await answer.text()}`, String)}`, async () => {
    const answer = await askServer(undefined, { fetch, origin: "https://example.org", online: true });
    assert.equal(answer.why, why);
    assert.equal(answer.detail, why === "refused" ? "https://example.org → 10.0.0.1:8000" : undefined);
  });
}

test("the server is told the page's origin, which a browser tells only others", async () => {
  let asked;
  await askServer(undefined, { fetch: async (url) => (asked = url), origin: "https://example.org:8443", online: true });
  assert.match(String(asked), /\/api\/handshake\?origin=https%3A%2F%2Fexample.org%3A8443$/);
});

test("who is offline asks nobody", async () => {
  const fetch = () => assert.fail("the network was asked");
  assert.deepEqual(await askServer(undefined, { fetch, origin: "https://example.org", online: false }), { why: "allowed" });
});
