// Ids and secrets.

import assert from "node:assert/strict";
import { test } from "node:test";

import { secret, uuid } from "../../static/wire/ids.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an id is a random UUID", () => {
  assert.match(uuid(), UUID);
  assert.notEqual(uuid(), uuid());
});

test("an id is a random UUID on a page that has no crypto.randomUUID, too", () => {
  const insecure = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  assert.match(uuid(insecure), UUID);
  assert.notEqual(uuid(insecure), uuid(insecure));
});

test("a secret is 32 random bytes in base64url, as the server wants it", () => {
  const given = { getRandomValues: (bytes) => bytes.fill(251) };
  assert.match(secret(), /^[\w-]{43}$/);
  assert.notEqual(secret(), secret());
  assert.deepEqual([...Buffer.from(secret(given), "base64url")], Array(32).fill(251));
});
