// The log of many games as a page shows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped, joined, anchorOf } from "../../static/game/commits.js";

const event = (game, version, command, position) => ({ game, version, transaction: position, position, metadata: { command_id: command } });

test("events of one command are one commit, in their order, and commits are newest first", () => {
  const events = [event("a", 9, "x", 5), event("b", 1, "y", 4), event("a", 8, "x", 3), event("a", 7, "w", 2)];
  const commits = grouped(events).map(({ events }) => events.map(anchorOf));
  assert.deepEqual(commits, [["a-8", "a-9"], ["b-1"], ["a-7"]]);
});

test("the same command id in two games is two commits", () => {
  assert.equal(grouped([event("b", 1, "x", 2), event("a", 1, "x", 1)]).length, 2);
});

test("newer events go before those shown, older ones behind, and none is there twice", () => {
  const shown = [event("a", 3, "c", 30), event("a", 2, "b", 20)];
  const newer = [event("a", 4, "d", 40), event("a", 3, "c", 30)];
  const older = [event("a", 2, "b", 20), event("a", 1, "a", 10)];
  assert.deepEqual(joined(shown, newer).map(({ version }) => version), [4, 3, 2]);
  assert.deepEqual(joined(shown, older).map(({ version }) => version), [3, 2, 1]);
  assert.deepEqual(joined([], newer).map(({ version }) => version), [4, 3]);
});
