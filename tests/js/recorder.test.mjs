// Looking at the past of a game, while it goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Recorder } from "../../static/game/recorder.js";
import { FakeTimers } from "./fakes.mjs";

function recording(latest, over = false) {
  const timers = new FakeTimers();
  const shown = [];
  const recorder = new Recorder({ timers, changed: ({ forward }) => shown.push([recorder.version, Boolean(forward)]) });
  recorder.grow(latest, { first: 4, over });
  return { recorder, timers, shown };
}

test("live, it shows what comes", () => {
  const { recorder } = recording(10);
  recorder.grow(11, { first: 4 });
  assert.deepEqual([recorder.live, recorder.version], [true, 11]);
});

test("new events take nobody out of the past", () => {
  const { recorder } = recording(10);
  recorder.step(-2);
  recorder.grow(13, { first: 4 });
  assert.deepEqual([recorder.live, recorder.version, recorder.left], [false, 8, 10]);
  recorder.toLive();
  assert.deepEqual([recorder.live, recorder.version, recorder.left], [true, 13, 13]);
});

test("a step says whether it is the next one, and the last one is live", () => {
  const { recorder, shown } = recording(10);
  recorder.step(-1);
  recorder.step(-1);
  recorder.step(1);
  recorder.step(1);
  assert.deepEqual(shown, [[9, false], [8, false], [9, true], [10, true]]);
  assert.ok(recorder.live);
});

test("there is nothing before the first version, and nothing behind the last", () => {
  const { recorder } = recording(10);
  recorder.go(0);
  assert.equal(recorder.version, 1);
  recorder.go(99);
  assert.ok(recorder.live);
  for (const version of [4, 1]) {
    recorder.toFirst();
    assert.equal(recorder.version, version);
  }
});

test("live, the button stops here; then it plays on until it is live again", () => {
  const { recorder, timers } = recording(10);
  recorder.toggle();
  assert.deepEqual([recorder.live, recorder.playing, recorder.version], [false, false, 10]);
  recorder.grow(12, { first: 4 });
  recorder.toggle();
  timers.pass(900);
  assert.deepEqual([recorder.playing, recorder.version], [true, 11]);
  timers.pass(900);
  assert.deepEqual([recorder.playing, recorder.live, recorder.version], [false, true, 12]);
});

test("a game that is over is played from its beginning, as fast as one likes", () => {
  const { recorder, timers } = recording(10, true);
  recorder.toggle();
  assert.deepEqual([recorder.playing, recorder.version], [true, 4]);
  recorder.faster();
  timers.pass(450);
  assert.equal(recorder.version, 5);
  recorder.toggle();
  timers.pass(10_000);
  assert.deepEqual([recorder.playing, recorder.version], [false, 5]);
});

test("a position is kept though it is the latest of a game that goes on", () => {
  const { recorder, shown } = recording(10);
  recorder.pin(10);
  recorder.grow(11, { first: 4 });
  assert.deepEqual([recorder.live, recorder.version], [false, 10]);
  recorder.grow(11, { first: 4, over: true });
  recorder.pin(11);
  assert.ok(recorder.live);
  recorder.toLive();
  assert.equal(shown.length, 2, "what changes nothing is not shown again");
});
