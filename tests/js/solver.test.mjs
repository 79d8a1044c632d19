// The browser's solver, held to the server's by golden positions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Solver, analyse } from "../../static/game/solver.js";

const golden = readFileSync(new URL("../golden/positions.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line));

const QUIET = "6336532647455664"; // no threat decides it soon
const DRAWN = "254163621237765214571134172473734264365556";

/** What a generator returns, and how often it yielded. */
function finish(work) {
  for (let yields = 0; ; yields += 1) {
    const { value, done } = work.next();
    if (done) return { value, yields };
  }
}

const valueOf = (solver, moves, options) => finish(solver.value(moves, options)).value;

test("every golden position has the value that the server's solver found, and the same best columns", () => {
  assert.ok(golden.length >= 100);
  for (const { moves, outcome, plies, best } of golden) {
    const solver = new Solver(2 ** 18);
    const value = valueOf(solver, moves);
    assert.deepEqual(value, { outcome, plies }, moves);
    assert.deepEqual(plies ? finish(solver.best(moves, value)).value : [], best, moves);
  }
});

test("slices change neither the value nor the nodes it takes", () => {
  const [whole, sliced] = [new Solver(2 ** 18), new Solver(2 ** 18)];
  const { value } = finish(whole.value(QUIET, { slice: Infinity }));
  const slice = Math.ceil(whole.nodes / 50);
  const inSlices = finish(sliced.value(QUIET, { slice }));
  assert.deepEqual(inSlices.value, value);
  assert.equal(sliced.nodes, whole.nodes);
  assert.ok(inSlices.yields >= 40 && inSlices.yields <= 50, `yielded ${inSlices.yields} times`);
});

test("no slice takes more nodes than it has", () => {
  const solver = new Solver(2 ** 18);
  const work = solver.value("44444", { nodes: 1000, slice: 90 });
  for (let before = 0; ; before = solver.nodes) {
    const { done } = work.next();
    assert.ok(solver.nodes - before <= 90);
    if (done) break;
  }
});

test("too small a budget solves nothing, and is spent", () => {
  const solver = new Solver(2 ** 18);
  assert.equal(valueOf(solver, "", { nodes: 1000 }), null);
  assert.equal(solver.nodes, 1000);
  assert.equal(finish(solver.best("", { outcome: 1, plies: 41 }, { nodes: 1000 })).value, null);
});

test("a table that is far too small changes no value", () => {
  for (const { moves, outcome, plies } of golden.filter(({ moves }) => moves.length >= 20)) {
    assert.deepEqual(valueOf(new Solver(16), moves), { outcome, plies }, moves);
  }
});

test("moves that cannot be made are refused", () => {
  const solver = new Solver(16);
  assert.throws(() => valueOf(solver, "1111111"), RangeError);
  assert.throws(() => valueOf(solver, "8"), RangeError);
  assert.throws(() => valueOf(solver, "0"), RangeError);
});

test("a game is solved from its end, each position once", () => {
  const from = 21;
  const solved = [];
  for (const step of analyse(DRAWN)) {
    if (step) solved.push(step);
    if (step?.ply === from) break;
  }
  assert.deepEqual(solved.map(({ ply }) => ply), Array.from({ length: 43 - from }, (_, index) => 42 - index));
  assert.deepEqual(solved[0], { ply: 42, value: { outcome: 0, plies: 0 }, best: null });
  for (const { ply, value } of solved) assert.deepEqual(value, valueOf(new Solver(), DRAWN.slice(0, ply)), `after ${ply}`);
});

test("where a move was worse than another, the better columns are told", () => {
  // Yellow has three in a row, open at both ends, and plays elsewhere; red closes one end, and yellow wins at the other.
  const steps = [...analyse("44553171", { nodes: 50_000 })].filter(Boolean);
  const bestOf = Object.fromEntries(steps.map(({ ply, best }) => [ply, best]));
  assert.deepEqual(bestOf[6], [1, 5], "yellow could have won at once in columns 2 and 6");
});

test("a position that takes too long is not solved, and the analysis goes on", () => {
  const steps = [...analyse("44444", { nodes: 500, slice: 100 })];
  assert.deepEqual(steps.filter(Boolean).map(({ ply, value }) => [ply, value]), [5, 4, 3, 2, 1, 0].map((ply) => [ply, null]));
  assert.ok(steps.filter((step) => step === null).length >= 6 * 4);
});
