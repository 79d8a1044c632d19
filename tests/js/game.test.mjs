// The browser's evolve, held to the same golden files as the server's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { firstMoveBy, remaining, remainingAt, running } from "../../static/game/clock.js";
import { discAt, evolve, freeSeat, height, initial, landing, lastMove, lines, winner } from "../../static/game/game.js";

const golden = new URL("../golden/games.jsonl", import.meta.url);

const ADA = "00000000-0000-4000-8000-00000000000a";
const GRACE = "00000000-0000-4000-8000-00000000000b";

/** The game after `events`, which are numbered from 1. */
const given = (...events) => events.reduce((game, event, index) => evolve(game, { ...event, version: index + 1 }), initial());

const created = { type: "GameCreated", data: { created_by: ADA, listed: true, clock: null } };
const joined = (seat, player, name) => ({ type: "PlayerJoined", data: { seat, player, name } });
const started = { type: "GameStarted", data: { player_one: ADA, player_two: GRACE } };
const opening = [created, joined("yellow", ADA, "Ada"), joined("red", GRACE, "Grace"), started];
const moves = (columns) =>
  [...columns].map((column, index) => ({
    type: "MoveMade",
    data: { player: index % 2 ? GRACE : ADA, column: Number(column) - 1 },
  }));

test("every golden game folds to the state written beside it, at every version", () => {
  const games = readFileSync(golden, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  assert.ok(games.length > 0);
  for (const { name, events, states, readings = [] } of games) {
    let game = initial();
    const folded = { 0: game };
    for (const event of events) folded[event.version] = game = evolve(game, event);
    for (const [version, state] of Object.entries(states)) {
      assert.deepEqual(shown(folded[version]), state, `${name} at version ${version}`);
    }
    for (const { version, after_ms, left } of readings) {
      const now = Date.parse(folded[version].clock.since) + after_ms;
      for (const seat of ["yellow", "red"]) {
        assert.equal(remainingAt(folded[version], seat, now), left[seat], `${name}, ${seat} after ${after_ms} ms of ${version}`);
      }
    }
  }
});

/** A game as the server shows it, with its clocks as they were when the player to move began to think. */
function shown(game) {
  if (!game.clock) return game;
  const { left, opening, ...clock } = game.clock;
  const remaining_ms = { yellow: remaining(game.clock, "yellow"), red: remaining(game.clock, "red") };
  return { ...game, clock: { ...clock, remaining_ms, running: running(game) } };
}

test("a first move has thirty seconds, from the moment it is its player's turn", () => {
  const timed = { ...created, data: { ...created.data, clock: { initial: 60, increment: 0 } } };
  const at = (seconds) => `2026-01-01T00:00:${seconds}Z`;
  const begun = given(timed, ...opening.slice(1, 3), { ...started, recorded_at: at("10") });
  assert.equal(firstMoveBy(begun), Date.parse(at("40")));
  const move = (seconds) => ({ ...moves("4")[0], data: { player: ADA, column: 3, remaining_ms: 60_000 }, recorded_at: at(seconds), version: 5 });
  const moved = evolve(begun, move("20"));
  assert.equal(firstMoveBy(moved), Date.parse(at("50")));
  assert.equal(firstMoveBy(evolve(moved, move("21"))), null);
  assert.equal(firstMoveBy(given(...opening)), null, "there is no clock");
});

test("a game waits until it has started", () => {
  const game = given(created, joined("red", GRACE, "Grace"));
  assert.equal(game.status, "waiting");
  assert.equal(game.next, null);
  assert.deepEqual(game.players, { yellow: null, red: { player: GRACE, name: "Grace" } });
  assert.equal(freeSeat(game), "yellow");
});

test("yellow moves first, and then they take turns", () => {
  assert.equal(given(...opening).next, "yellow");
  assert.equal(given(...opening, ...moves("4")).next, "red");
  assert.equal(given(...opening, ...moves("44")).next, "yellow");
});

test("a disc falls on the discs below it", () => {
  const game = given(...opening, ...moves("4435"));
  assert.deepEqual(game.board.slice(-2), ["...R...", "..YYR.."]);
  assert.equal(game.moves, "4435");
  assert.equal(height(game, 3), 2);
  assert.equal(landing(game, 3), 2);
  assert.equal(discAt(game, 3, 1), "red");
  assert.equal(discAt(game, 3, 2), null);
  assert.deepEqual(lastMove(game), { seat: "red", column: 4, row: 0 });
});

test("a full column has no landing row, and a disc too many leaves the board as it is", () => {
  const full = given(...opening, ...moves("111111"));
  assert.equal(landing(full, 0), null);
  const more = evolve(full, { ...moves("1")[0], version: full.version + 1 });
  assert.deepEqual(more.board, full.board);
  assert.equal(more.moves, "1111111");
});

test("a finished game has a result, an ending and its cells, and nobody is next", () => {
  const cells = [[0, 0], [0, 1], [0, 2], [0, 3]];
  const finished = { type: "GameFinished", data: { result: "PLAYER_ONE_WON", by: "four", cells } };
  const game = given(...opening, ...moves("1212121"), finished);
  assert.equal(game.status, "finished");
  assert.equal(game.next, null);
  assert.equal(game.by, "four");
  assert.deepEqual(game.cells, cells);
  assert.equal(winner(game), "yellow");
});

test("an event of a type not known here only counts as a version", () => {
  const game = given(...opening);
  assert.deepEqual(evolve(game, { type: "DiscPolished", data: { by: ADA }, version: 5 }), { ...game, version: 5 });
});

test("evolve leaves its arguments as they were", () => {
  let game = initial();
  [...opening, ...moves("4435")].forEach((event, index) => {
    const before = structuredClone(game);
    const after = evolve(deepFrozen(game), deepFrozen({ ...event, version: index + 1 }));
    assert.deepEqual(game, before);
    game = after;
  });
});

test("before the first move there is no last move, and without a result no winner", () => {
  assert.equal(lastMove(given(...opening)), null);
  assert.equal(winner(given(...opening)), null);
});

function deepFrozen(value) {
  if (value && typeof value === "object") Object.values(value).forEach(deepFrozen);
  return Object.freeze(value);
}

test("a line goes through each four in a row, from its first disc to its last", () => {
  const rising = [[0, 0], [1, 1], [2, 2], [3, 3]];
  const falling = [[1, 3], [2, 2], [3, 1], [4, 0]];
  assert.deepEqual(lines(rising), [[[0, 0], [3, 3]]]);
  assert.deepEqual(lines([...rising, ...falling].sort()), [[[0, 0], [3, 3]], [[1, 3], [4, 0]]]);
  assert.deepEqual(lines([[0, 2], [1, 2], [2, 2], [3, 2], [4, 2]]), [[[0, 2], [4, 2]]]);
  assert.deepEqual(lines([[5, 1], [5, 2], [5, 3], [5, 4]]), [[[5, 1], [5, 4]]]);
  assert.deepEqual(lines([]), []);
});
