// What is said about a game, to whom.

import assert from "node:assert/strict";
import { test } from "node:test";

import { evolve, initial } from "../../static/game/game.js";
import { Log } from "../../static/game/log.js";
import * as recorder from "../../static/game/recorder.js";
import * as table from "../../static/game/table.js";
import { boardRead, explained } from "../../static/words/explain.js";
import { result } from "../../static/words/result.js";
import { nameOf, nowIn, past, problem, refusal, status } from "../../static/words/words.js";
import { created, finished, joined, move, numbered, playing, then, told, waiting } from "./events.mjs";

const given = (...events) => events.reduce((game, event, index) => evolve(game, { ...event, version: index + 1 }), initial());
const said = (game, seat) => {
  const { headline, detail } = status(game, seat);
  return `${headline} | ${detail}`;
};

test("who waits for an opponent is told so, and a spectator which seat is free", () => {
  assert.equal(said(given(...waiting), "yellow"), "Waiting for an opponent | Send your friend the link.");
  assert.equal(said(given(...waiting), null), "Waiting for a second player | The red seat is free.");
});

test("it is your turn or the other's by name, in the colour of the seat", () => {
  const game = given(...playing, move(3));
  assert.deepEqual(status(game, "red"), { headline: "Your turn", detail: "Drop a red disc in a column.", tone: "red", mine: true });
  assert.deepEqual(status(game, "yellow"), { headline: "Grace’s turn", detail: "Red is to move.", tone: "red", mine: false });
  assert.deepEqual(status(game, null), status(game, "yellow"));
});

for (const [by, seat, words] of [
  ["four", "yellow", "You won! | Four in a row."],
  ["four", "red", "Ada won | Four in a row. Good game, well fought!"],
  ["four", null, "Ada won | Four in a row."],
  ["resignation", "yellow", "You won! | Grace resigned."],
  ["resignation", "red", "Ada won | You resigned. Good game, well fought!"],
  ["resignation", null, "Ada won | Grace resigned."],
  ["timeout", null, "Ada won | Grace ran out of time."],
  ["abandonment", "yellow", "You won! | Grace left the game."],
  ["an ending of a later version", null, "Ada won | "],
]) {
  test(`a game that yellow won by ${by} is, for ${seat ?? "a spectator"}, "${words}"`, () => {
    assert.equal(said(given(...playing, finished("PLAYER_ONE_WON", by)), seat), words);
  });
}

test("an aborted game says why", () => {
  const aborted = (by) => said(given(...playing, { type: "GameAborted", data: { by, player: null } }), "yellow");
  assert.equal(aborted("no_first_move"), "The game was aborted | The first move did not come.");
  assert.equal(aborted("player"), "The game was aborted | It had hardly begun.");
});

test("a move of one's own that is under way is told, until its event is there or one looks back", () => {
  const moved = table.moving(told([...playing, move(3), move(3)], "yellow"), { id: "m", column: 3, version: 6 });
  const now = { headline: "Your move is on its way", detail: "Yellow, column 4, row 3.", tone: "yellow", mine: false };
  assert.deepEqual(nowIn(moved), now);
  assert.equal(nowIn(recorder.step(moved, -1)).headline, "The game as it was");
  assert.equal(nowIn(then(moved, move(3, "m"))).headline, "Grace’s turn");
});

test("a drawn game says why", () => {
  assert.equal(said(given(...playing, finished("TIED", "board_full")), "red"), "Drawn | The board is full.");
  assert.equal(said(given(...playing, finished("TIED", "agreement")), null), "Drawn | By agreement.");
});

test("who gave no name goes by the seat", () => {
  assert.equal(nameOf(given(created, joined("red", "")), "red"), "Red");
});

/** The log of these events. */
const logged = (...events) => new Log().with(numbered(events));

test("a result says how, in how many moves and in what time", () => {
  const log = logged(...playing, move(3), finished("PLAYER_ONE_WON", "four"));
  assert.equal(result(log), "Ada beat Grace. Four in a row. 1 move in 0:02.");
});

test("a position of the past says which, and whose turn it was", () => {
  const log = logged(...playing, move(3), move(3));
  assert.deepEqual(past(log.at(5), 6), { headline: "The game as it was", detail: "After 1 move, version 5 of 6.", tone: "red", mine: false });
});

test("the board is read column by column, from the bottom", () => {
  const log = logged(...playing, move(3), move(3), move(0));
  assert.equal(boardRead(log.game, status(log.game, "red")), "Column 1: Yellow. Column 4: Yellow, Red. Your turn.");
  assert.equal(boardRead(log.at(4), status(log.at(4), null)), "The board is empty. Ada’s turn.");
});

test("each event is explained by what it does", () => {
  const log = logged(...playing, move(3));
  assert.deepEqual(log.events.map((event) => explained(event, log)), [
    "A game begins to exist: an empty board, nobody at it.",
    "Ada takes the yellow seat.",
    "Grace takes the red seat.",
    "Both seats are taken: the game is on, and yellow is to move.",
    "A yellow disc falls to row 1 of column 4; the turn passes.",
  ]);
});

test("a refusal is told in our words where we have them, and else in the server's", () => {
  assert.equal(refusal({ code: "column_full", detail: "x" }), "That column is full.");
  assert.equal(refusal({ code: "code_of_a_later_version", detail: "No, because." }), "No, because.");
  assert.equal(refusal({ code: "code_of_a_later_version" }), "That did not work. Try again in a moment.");
});

test("a failed call is told in words", () => {
  assert.equal(problem({ code: "unreachable" }), "The server cannot be reached. Try again in a moment.");
  assert.equal(problem({ code: "code_of_a_later_version" }), "That did not work. Try again in a moment.");
});
