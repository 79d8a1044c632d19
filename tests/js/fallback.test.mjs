// The game by HTTP, again and again, while there is no socket.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Fallback } from "../../static/wire/fallback.js";
import { FakeTimers } from "./fakes.mjs";

const settled = () => new Promise(setImmediate);

/** A fallback for the game "g", whose server gives `answers`, one after the other. */
function falling(...answers) {
  const timers = new FakeTimers();
  const asked = [];
  const heard = [];
  const fallback = new Fallback(
    "g",
    { after: () => asked.length, fetched: ({ version }) => heard.push(version), failed: (status) => heard.push(`failed ${status}`) },
    {
      timers,
      fetch: async (url) => {
        asked.push(url.pathname + url.search);
        return await answers[asked.length - 1];
      },
    },
  );
  return { fallback, timers, asked, heard };
}

const log = (version) => Response.json({ game: "g", version, events: [] });

test("it asks for what is new, every five seconds, until it is stopped", async () => {
  const { fallback, timers, asked, heard } = falling(log(4), log(5));
  fallback.start();
  await settled();
  timers.pass(4_999);
  assert.equal(asked.length, 1);
  timers.pass(1);
  await settled();
  fallback.stop();
  timers.pass(60_000);
  assert.deepEqual(asked, ["/api/games/g/events?after=0", "/api/games/g/events?after=1"]);
  assert.deepEqual(heard, [4, 5]);
});

test("no answer, another one and one that is no JSON are failures, and it goes on", async () => {
  const none = Promise.reject(new TypeError("Failed to fetch"));
  const { fallback, timers, heard } = falling(none, new Response("", { status: 404 }), new Response("<p>Sign in."), log(4));
  fallback.start();
  for (let times = 0; times < 4; times++) {
    await settled();
    timers.pass(5_000);
  }
  assert.deepEqual(heard.slice(0, 4), ["failed 0", "failed 404", "failed 0", 4]);
});

test("who is tired of waiting is answered at once, and an older answer passed over", async () => {
  let answer;
  const slow = new Promise((resolve) => (answer = resolve));
  const { fallback, timers, asked, heard } = falling(slow, log(5));
  fallback.wake();
  assert.equal(asked.length, 0, "it was not begun");
  fallback.start();
  fallback.wake();
  await settled();
  answer(log(4));
  await settled();
  assert.deepEqual(heard, [5]);
  timers.pass(5_000);
  assert.equal(asked.length, 3);
});

test("an answer that comes after it was stopped is passed over", async () => {
  const { fallback, timers, heard } = falling(log(4));
  fallback.start();
  fallback.stop();
  await settled();
  timers.pass(60_000);
  assert.deepEqual(heard, []);
});
