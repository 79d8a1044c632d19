import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff, LONGEST } from "../../static/wire/backoff.js";

test("a wait lies anywhere between nothing and a ceiling that doubles", () => {
  assert.equal(backoff(0, () => 0), 0);
  assert.deepEqual([0, 1, 2, 3].map((attempt) => backoff(attempt, () => 0.5)), [125, 250, 500, 1000]);
});

test("no wait is longer than eight seconds, however often it failed", () => {
  assert.equal(backoff(5_000, () => 1), LONGEST);
});
