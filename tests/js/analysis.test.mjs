// What an analysis says about the moves of a game.

import assert from "node:assert/strict";
import { test } from "node:test";

import { curve, marks, turningPoint } from "../../static/game/analysis.js";

const win = (plies) => ({ outcome: 1, plies });
const loss = (plies) => ({ outcome: -1, plies });
const draw = (plies) => ({ outcome: 0, plies });
const kinds = (...given) => marks(...given).map(({ kind }) => kind);

test("a move that keeps a win and hurries, or a draw, is kept", () => {
  assert.deepEqual(kinds("4", [win(7), loss(6)]), ["kept"]);
  assert.deepEqual(kinds("4", [draw(10), draw(9)]), ["kept"]);
});

test("a win that comes later than need be is slower, by so many plies", () => {
  const [mark] = marks("4", [win(7), loss(12)], [[2]]);
  assert.deepEqual(mark, { kind: "slower", from: 1, to: 1, by: 6, missed: [2] });
});

test("a loss that comes sooner than need be is sooner, by so many plies", () => {
  const [mark] = marks("4", [loss(12), win(3)], [[0, 1]]);
  assert.deepEqual(mark, { kind: "sooner", from: -1, to: -1, by: 8, missed: [0, 1] });
});

test("a move that gives a win or a draw away says what it was and what it is", () => {
  const values = [win(9), draw(20), win(1), win(5)];
  assert.deepEqual(
    marks("444", values, [[3], [1, 2], null]).map(({ kind, from, to, missed }) => [kind, from, to, missed]),
    [["lost", 1, 0, [3]], ["lost", 0, -1, [1, 2]], ["lost", 1, -1, []]],
  );
});

test("where a position is not solved nothing is said of the moves before and after it", () => {
  assert.deepEqual(kinds("44", [draw(3), null, draw(1)]), ["unknown", "unknown"]);
  assert.deepEqual(kinds("4", [draw(3)]), ["unknown"]);
});

test("the turning point is the last move that gave something away", () => {
  const lost = marks("444", [draw(9), win(8), win(3), loss(2)], [[1], [2], null]);
  assert.equal(turningPoint(lost), 1);
  assert.equal(turningPoint(marks("4", [draw(2), draw(1)])), null);
});

test("there is no turning point where later moves are unknown", () => {
  assert.equal(turningPoint(marks("444", [draw(9), win(8), null, loss(2)], [[1]])), null);
});

test("the curve is yellow's, the higher the sooner yellow wins", () => {
  const [far, near, drawn, red, unknown] = curve([win(41), loss(2), draw(30), win(1), null]);
  assert.ok(far > 0.5 && near > far && near < 1);
  assert.equal(drawn, 0);
  assert.ok(red < -0.9);
  assert.equal(unknown, null);
  assert.deepEqual(curve([loss(0)]), [-1]);
});
