// Looking at the past of a game, while it goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as recorder from "../../static/game/recorder.js";
import { finished, move, playing, then, told } from "./events.mjs";

/** A game of ten versions that began to be played at the fourth. */
const recording = () => told([...playing, ...[0, 1, 2, 3, 4, 5].map((column) => move(column))]);
const over = () => told([...playing, ...[0, 1, 2, 3, 4].map((column) => move(column)), finished("TIED", "agreement")]);
const at = (state) => [recorder.isLive(state), recorder.lookedAt(state)];

test("live, it shows what comes", () => {
  assert.deepEqual(at(then(recording(), move(6))), [true, 11]);
});

test("new events take nobody out of the past", () => {
  const state = then(recorder.step(recording(), -2), move(6), move(6), move(6));
  assert.deepEqual([...at(state), recorder.left(state)], [false, 8, 10]);
  assert.deepEqual([...at(recorder.toLive(state)), recorder.left(recorder.toLive(state))], [true, 13, 13]);
});

test("the step to the last version is live", () => {
  const back = recorder.step(recorder.step(recording(), -1), -1);
  assert.deepEqual(at(back), [false, 8]);
  assert.deepEqual(at(recorder.step(recorder.step(back, 1), 1)), [true, 10]);
});

test("there is nothing before the first version, and nothing behind the last", () => {
  const first = recorder.go(recording(), 0);
  assert.deepEqual(at(first), [false, 1]);
  assert.deepEqual(at(recorder.go(first, 99)), [true, 10]);
  const start = recorder.toFirst(recording());
  assert.deepEqual(at(start), [false, 4]);
  assert.deepEqual(at(recorder.toFirst(start)), [false, 1]);
});

test("live, the button plays the game from its beginning, and nothing stops for who plays it", () => {
  const state = recorder.toggle(recording());
  assert.deepEqual([...at(state), state.look.playing], [false, 4, true]);
  assert.equal(then(state, move(6)).log.game.version, 11);
});

test("what is played on stops here, and then plays on until it is live again", () => {
  let state = recorder.toggle(recorder.toggle(recorder.go(recording(), 9)));
  assert.deepEqual([...at(state), state.look.playing], [false, 9, false]);
  state = recorder.toggle(recorder.go(then(state, move(6), move(6)), 10));
  assert.ok(state.look.playing);
  state = recorder.tick(state);
  assert.deepEqual([...at(state), state.look.playing], [false, 11, true]);
  state = recorder.tick(state);
  assert.deepEqual([...at(state), state.look.playing], [true, 12, false]);
});

test("a game that is over is played from its beginning, as fast as one likes", () => {
  let state = recorder.toggle(over());
  assert.deepEqual([...at(state), state.look.playing, recorder.pace(state)], [false, 4, true, 900]);
  state = recorder.tick(recorder.faster(state));
  assert.deepEqual([...at(state), recorder.pace(state)], [false, 5, 450]);
  state = recorder.toggle(state);
  assert.deepEqual([...at(state), state.look.playing], [false, 5, false]);
});

test("whoever steps while it plays stops it", () => {
  assert.equal(recorder.step(recorder.toggle(over()), 1).look.playing, false);
});

test("a position is kept though it is the latest of a game that goes on", () => {
  const state = recorder.pin(recording(), 10);
  assert.deepEqual(at(then(state, move(6))), [false, 10]);
  assert.deepEqual(at(recorder.pin(over(), 10)), [true, 10]);
});
