// What a page knows, and how it changes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isLive, lookedAt, step } from "../../static/game/recorder.js";
import * as table from "../../static/game/table.js";
import { text } from "../../static/words/text.js";
import { noticeIn, nowIn } from "../../static/words/words.js";
import { finished, move, numbered, playing, then, told, waiting } from "./events.mjs";

const LOST = { code: 1006, wait: 100, online: true, now: 0 };

/** `state` after the column was chosen and the move sent as "m". */
function chosen(state, column) {
  const { state: after, move: made } = table.choose(state, column);
  return made ? table.moving(after, { id: "m", ...made }) : after;
}

// Moves ----------

test("a move of ours is on its way until its event comes, whatever comes first", () => {
  for (const answer of [[], [{ id: "m", version: 5 }]]) {
    let state = chosen(told(playing, "yellow"), 3);
    assert.deepEqual(state.move, { id: "m", seat: "yellow", column: 3, row: 0, version: 4 });
    for (const each of answer) state = table.accepted(state, each);
    assert.ok(state.move);
    assert.equal(then(state, move(3, "m")).move, null);
  }
});

test("a move whose event came before its answer is settled by that", () => {
  const state = { ...then(chosen(told(playing, "yellow"), 3), move(6)), move: { id: "m" } };
  assert.equal(table.accepted(state, { id: "m", version: 5 }).move, null);
});

for (const [why, state, expected] of [
  ["spectators", told(playing), null],
  ["who waits for an opponent", told(waiting, "yellow"), null],
  ["whose last move is on its way", chosen(told(playing, "yellow"), 0), null],
  ["a page that is too old", table.end(told(playing, "yellow"), "tooOld"), null],
  ["the other player", told(playing, "red"), { what: "rejected", code: "not_your_turn" }],
  ["who chose a full column", told([...playing, ...Array(6).fill(move(3))], "yellow"), { what: "rejected", code: "column_full" }],
  ["who looks at the past", step(told([...playing, move(3), move(3)], "yellow"), -1), { what: "backFirst" }],
]) {
  test(`${why} makes no move, and is told ${expected ? JSON.stringify(expected) : "nothing"}`, () => {
    const after = table.choose(state, 3);
    assert.equal(after.move, null);
    assert.deepEqual(after.state.told, expected);
    assert.ok(isLive(after.state));
  });
}

test("a move that was refused is taken back, and its reason told", () => {
  const state = table.rejected(chosen(told(playing, "yellow"), 3), { id: "m", code: "stale_version", detail: "" });
  assert.equal(state.move, null);
  assert.deepEqual(state.told, { what: "tookBack", code: "stale_version", detail: "" });
});

test("who loses a race against the end of the game is told how it ended, and nothing else", () => {
  const refusal = { id: "m", code: "game_over", detail: "" };
  const moving = chosen(told(playing, "yellow"), 3);
  const refusedFirst = then(table.rejected(moving, refusal), finished("PLAYER_ONE_WON", "resignation"));
  const endedFirst = table.rejected(then(moving, finished("PLAYER_ONE_WON", "resignation")), refusal);
  for (const state of [refusedFirst, endedFirst]) {
    assert.equal(state.move, null);
    assert.equal(state.told, null);
  }
});

// Being away ----------

test("moves that were missed are counted until the page has all that was there when it came back", () => {
  let state = table.lost(told([...playing, move(3)]), LOST);
  assert.deepEqual(state.ribbon, { what: "lost", since: 0, until: 100 });
  state = table.welcome(state, { version: 8 });
  state = then(state, move(0), move(1));
  assert.ok(!table.caughtUp(state));
  assert.equal(state.ribbon.what, "lost");
  state = table.lost(state, LOST);
  state = table.welcome(state, { version: 8 });
  state = then(state, move(2));
  assert.deepEqual(state.ribbon, { what: "back", n: 3 });
  assert.ok(!table.isNews(state));
  assert.ok(table.isNews(then(state, move(3))));
});

test("what a page that never was connected gets has not been missed, and a move of one's own neither", () => {
  let state = table.welcome(table.lost(table.begin(), LOST), { version: 4 });
  state = table.take(state, numbered(playing));
  assert.deepEqual(state.ribbon, { what: "back", n: 0 });
  state = table.lost(chosen(table.sit(state, "yellow"), 3), LOST);
  state = then(table.welcome(state, { version: 5 }), move(3, "m"));
  assert.deepEqual(state.ribbon, { what: "back", n: 0 });
});

test("why the page is away: a restart until it is back, offline while it is that, and out of reach after half a minute", () => {
  const whys = [];
  let state = told(playing);
  for (const how of [
    { code: 1012 },
    { code: 1006 },
    { code: 1006, online: false },
    { code: 1006, now: 29_999 },
    { code: 1006, now: 30_000 },
  ]) {
    state = table.lost(state, { ...LOST, ...how });
    whys.push(state.ribbon.what);
  }
  state = table.lost(table.welcome(state, { version: 4 }), { ...LOST, now: 31_000 });
  whys.push(state.ribbon.what);
  assert.deepEqual(whys, ["restarting", "restarting", "offline", "restarting", "unreachable", "lost"]);
});

test("who is refused is so until the server lets them in", () => {
  const state = table.lost(told(playing), { ...LOST, why: "refused", detail: "Set it." });
  assert.deepEqual([state.refused, state.ribbon], ["Set it.", null]);
  assert.equal(table.lost(state, { ...LOST, why: "unreachable" }).refused, null);
  assert.equal(table.welcome(state, { version: 4 }).refused, null);
});

// A game that went back ----------

test("a game that went back is the new log, and what was given in the lost part of it is not played", () => {
  let state = chosen(told([...playing, move(3), move(3)], "yellow"), 3);
  state = table.restart(state, [{ id: "m" }]);
  assert.equal(state.log.game.version, 0);
  state = table.welcome(table.lost(state, { ...LOST, code: 4409 }), { version: 5 });
  state = table.take(state, numbered([...playing, move(3)]));
  assert.deepEqual(state.ribbon, { what: "wentBack", n: 1 });
  assert.deepEqual(state.told, { what: "tookBack", code: "went_back", n: 1 });
  assert.equal(state.move, null);
});

test("a command that the new log has was not lost", () => {
  let state = chosen(told(playing, "yellow"), 3);
  state = table.restart(state, [{ id: "m" }]);
  state = table.restart(state, []); // again before it has caught up
  state = table.take(table.welcome(state, { version: 5 }), numbered([...playing, move(3, "m")]));
  assert.deepEqual([state.ribbon, state.told], [{ what: "wentBack", n: 0 }, null]);
});

// Looking ----------

test("the version that the address names is looked at once it is there", () => {
  let state = table.welcome(table.begin({ wanted: 5 }), { version: 6 });
  state = table.take(state, numbered([...playing, move(3)]));
  assert.equal(state.wanted, 5);
  state = then(state, move(3));
  assert.deepEqual([lookedAt(state), isLive(state), state.wanted], [5, false, null]);
});

// A newer server ----------

test("a page takes in nothing from the first event on that it does not know", () => {
  const state = then(told(playing), { type: "OfALaterVersion", data: {} });
  assert.equal(state.end, "tooOld");
  assert.equal(state.log.game.version, 4);
});

// What the browser has kept ----------

test("a log that the browser kept is shown, but nothing is played on it, and no turn claimed, until the server has told its end", () => {
  const kept = numbered(playing);
  let state = table.sit(table.begin({ events: kept }), "yellow");
  assert.deepEqual([state.log.game.version, table.caughtUp(state), table.mayMove(state)], [4, true, false]);
  assert.deepEqual([nowIn(state).headline, nowIn(state).detail], [text.loading, text.asLastSeen]);
  assert.deepEqual(chosen(state, 3).told, { what: "notYet" });
  state = table.welcome(state, { version: 6 });
  assert.deepEqual([table.caughtUp(state), table.isPlayable(state)], [false, false]);
  state = then(state, move(3), move(3));
  assert.deepEqual([table.isNews(state), state.ribbon, table.mayMove(state)], [false, null, true]);
  assert.ok(table.mayMove(table.welcome(table.sit(table.begin({ events: kept }), "yellow"), { version: 4 })));
});

test("a log that the browser kept is passed over where it has a gap, or what this page does not know", () => {
  const [first, second] = numbered(playing);
  assert.deepEqual(table.understood([first, second]), [first, second]);
  assert.deepEqual(table.understood([second]), []);
  assert.deepEqual(table.understood([first, { ...second, type: "OfALaterVersion" }]), []);
});

// No socket for a while ----------

test("who has no socket sees the game as HTTP has it, and cannot play; what comes first is no news, what follows is", () => {
  let state = table.fetched(table.lost(table.begin(), LOST), 4);
  assert.deepEqual([state.ribbon, noticeIn(state).words], [null, text.stuck.blocked]);
  state = table.sit(then(state, ...playing), "yellow");
  assert.deepEqual([table.isNews(state), table.mayMove(state)], [false, false]);
  assert.deepEqual(nowIn(state).headline, text.yourTurn);
  assert.deepEqual(chosen(state, 3).told, { what: "outOfReach" });
  state = then(table.fetched(state, 5), move(3));
  assert.ok(table.isNews(state));
  assert.equal(table.lost(state, LOST).ribbon, null);
});

test("who is live again after that plays on, and what was seen meanwhile was not missed", () => {
  let state = then(table.fetched(table.lost(told(playing, "red"), LOST), 5), move(3));
  state = table.welcome(state, { version: 5 });
  assert.deepEqual([state.stuck, noticeIn(state), state.ribbon], [null, null, { what: "back", n: 0 }]);
  assert.ok(table.mayMove(state));
});

test("a server that does not answer cannot be reached, unless it restarts or this browser is offline; then no turn is claimed", () => {
  const away = (code) => table.lost(told(playing, "yellow"), { ...LOST, code });
  assert.equal(table.unfetched(away(1012), { online: true, now: 29_999 }).stuck, null);
  assert.equal(table.unfetched(away(1006), { online: false, now: 60_000 }).stuck, null);
  for (const state of [table.unfetched(away(1012), { online: true, now: 30_000 }), table.unfetched(away(1006), { online: true, now: 1 })]) {
    assert.equal(noticeIn(state).words, text.stuck.unreachable);
    assert.deepEqual([nowIn(state).headline, nowIn(state).detail], [text.noConnection, text.asLastSeen]);
    assert.equal(table.mayMove(state), false);
  }
  assert.deepEqual(nowIn(table.unfetched(table.begin(), { online: true, now: 1 })).detail, "");
});
