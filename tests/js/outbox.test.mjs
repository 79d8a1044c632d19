import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, uuid } from "../../static/wire/outbox.js";

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

test("commands wait in the order they were given until they are settled, once", () => {
  let ids = 0;
  const outbox = new Outbox({ newId: () => ++ids });
  outbox.add({ type: "move" });
  outbox.add({ type: "resign" });
  assert.deepEqual(outbox.waiting, [{ type: "move", id: 1 }, { type: "resign", id: 2 }]);
  assert.equal(outbox.settle(1), true);
  assert.equal(outbox.settle(1), false);
  assert.deepEqual(outbox.waiting, [{ type: "resign", id: 2 }]);
});
