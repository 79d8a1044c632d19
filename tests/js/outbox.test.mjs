import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../static/wire/outbox.js";

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
