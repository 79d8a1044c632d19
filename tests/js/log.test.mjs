// A log of events, and the game after each of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { initial } from "../../static/game/game.js";
import { Log } from "../../static/game/log.js";
import { language, say, text } from "../../static/words/text.js";

const TYPES = ["GameCreated", "PlayerJoined", "PlayerJoined", "GameStarted", "MoveMade", "MoveMade", "MoveMade"];
const COLUMNS = [3, 3, 0];

function logged() {
  return new Log().with(
    TYPES.map((type, index) => ({
      type,
      version: index + 1,
      data: type === "MoveMade" ? { column: COLUMNS[index - 4] } : { seat: index === 1 ? "yellow" : "red" },
      recorded_at: `2026-01-01T00:00:${10 + index}Z`,
    })),
  );
}

test("the game at each version is what the events up to it have made", () => {
  const log = logged();
  assert.deepEqual(log.at(0), initial());
  assert.deepEqual([4, 5, 6, 7].map((version) => log.at(version).moves), ["", "4", "44", "441"]);
  assert.equal(log.at(99), log.game, "there is nothing behind the last");
  assert.equal(log.game.version, 7);
});

test("moves know where they landed and whose they were", () => {
  const log = logged();
  assert.deepEqual(log.moves(), [
    { number: 1, version: 5, seat: "yellow", column: 3, row: 0 },
    { number: 2, version: 6, seat: "red", column: 3, row: 1 },
    { number: 3, version: 7, seat: "yellow", column: 0, row: 0 },
  ]);
  assert.deepEqual(log.moves(6).map(({ number }) => number), [3]);
});

test("a game lasts from its start to its last event", () => {
  assert.equal(logged().duration, 3_000);
  assert.equal(new Log().duration, 0);
});

test("a sentence is filled in, in the plural form that its number asks for", () => {
  assert.equal(language, "en");
  assert.equal(say("{a} and {b}", { a: 1, b: "two" }), "1 and two");
  assert.deepEqual([1, 2].map((n) => say(text.ribbon.back, { n })), ["Back: 1 move caught up.", "Back: 2 moves caught up."]);
});

test("who gave a command is told by what it made", () => {
  const event = (version, type, command_id, data) => ({ version, type, command_id, data, recorded_at: "2026-01-01T00:00:00Z" });
  const log = new Log().with([
    event(1, "GameCreated", "create", { created_by: "a" }),
    event(2, "PlayerJoined", "create", { seat: "yellow", player: "a", name: "Ada" }),
    event(3, "PlayerJoined", "join", { seat: "red", player: "b", name: "Grace" }),
    event(4, "GameStarted", "join", { player_one: "a", player_two: "b" }),
    event(5, "MoveMade", "move", { player: "a", column: 3 }),
    event(6, "GameFinished", "resign", { result: "PLAYER_ONE_WON", by: "resignation" }),
  ]);
  assert.deepEqual(log.events.map((each) => log.actor(each)), ["yellow", "yellow", "red", "red", "yellow", "red"]);
  assert.equal(log.actor(event(7, "SomethingNew", "other", {})), null);
});

/** The log of these commands, each a move. */
function of(commands) {
  return new Log().with([...commands].map((command_id, index) => ({ type: "MoveMade", version: index + 1, data: { column: index }, command_id })));
}

for (const [after, n] of [["abcd", 0], ["abc", 1], ["abx", 2], ["abxyz", 2], ["", 4], ["abcde", 0]]) {
  test(`of the moves abcd, a log that went back to "${after}" has lost ${n}`, () => {
    assert.equal(of(after).lostOf(of("abcd")), n);
  });
}

test("a log knows which commands made it", () => {
  assert.ok(of("ab").has("b"));
  assert.ok(!of("ab").has("c"));
});

test("the time that was played never runs backwards, whatever the database's clock does", () => {
  const times = ["00:00:00", "00:00:10", "00:00:30", "00:00:05", "00:00:15"];
  const event = (time, index) => ({ type: index === 1 ? "GameStarted" : "MoveMade", version: index + 1, data: { column: 0 }, recorded_at: `2026-01-01T${time}Z` });
  assert.equal(new Log().with(times.map(event)).duration, 30_000);
});

test("a log goes on where another ended, or is another", () => {
  const log = of("ab");
  assert.ok(log.with(of("c").events).continues(log));
  assert.ok(!of("ab").continues(log));
  assert.ok(log.continues(new Log()));
});

test("moves that were taken back stay in the log, and do not stand on the board", () => {
  const taken = { type: "MovesTakenBack", version: 8, data: { number: 2 }, recorded_at: "2026-01-01T00:00:20Z" };
  const again = { type: "MoveMade", version: 9, data: { column: 6 }, recorded_at: "2026-01-01T00:00:21Z" };
  const log = logged().with([taken, again]);
  assert.deepEqual([log.standing(7), log.standing(8), log.standing()], [[5, 6, 7], [5], [5, 9]]);
  assert.deepEqual(log.moves().map(({ number, version }) => [number, version]), [[1, 5], [2, 6], [3, 7], [2, 9]]);
});
