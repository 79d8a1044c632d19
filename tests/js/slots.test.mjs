import assert from "node:assert/strict";
import { test } from "node:test";

import { placed, shownAfter } from "../../static/game/slots.js";

test("whoever is shown keeps the place, and whoever is new takes an empty one or comes last", () => {
  assert.deepEqual(placed([], ["a", "b", "c"]), ["a", "b", "c"]);
  assert.deepEqual(placed(["a", "b", "c"], ["a", "c"]), ["a", null, "c"]);
  assert.deepEqual(placed(["a", null, "c"], ["a", "c", "d", "e"]), ["a", "d", "c", "e"]);
  assert.deepEqual(placed(["a", "b"], ["c", "a"]), ["a", "c"], "another took the place of who is gone");
});

test("places that are empty at the end go", () => {
  assert.deepEqual(placed(["a", "b", "c"], ["a"]), ["a"]);
  assert.deepEqual(placed(["a", "b"], []), []);
});

test("a message changes what is shown, and one that has everything takes its place", () => {
  const entry = (game, version = 1) => ({ game, version });
  const shown = shownAfter(new Map(), { games: [entry("a"), entry("b")], gone: [] }, true);
  assert.deepEqual([...shown.keys()], ["a", "b"]);
  const after = shownAfter(shown, { games: [entry("b", 2), entry("c")], gone: ["a", "unknown"] }, false);
  assert.deepEqual([...after.values()], [entry("b", 2), entry("c")]);
  assert.deepEqual([...shown.keys()], ["a", "b"], "what was before is left as it was");
  assert.deepEqual([...shownAfter(after, { games: [entry("d")], gone: [] }, true).keys()], ["d"]);
});
