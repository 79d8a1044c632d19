// What is said about a game, to whom.

import assert from "node:assert/strict";
import { test } from "node:test";

import { evolve, initial } from "../../static/game.js";
import { announcement, nameOf, problem, refusal, status, title } from "../../static/words.js";

const joined = (seat, name) => ({ type: "PlayerJoined", data: { seat, player: seat, name } });
const started = { type: "GameStarted", data: { player_one: "yellow", player_two: "red" } };
const move = (column) => ({ type: "MoveMade", data: { player: "?", column } });
const finished = (result, by) => ({ type: "GameFinished", data: { result, by, cells: [] } });
const created = { type: "GameCreated", data: {} };

const given = (...events) => events.reduce((game, event, index) => evolve(game, { ...event, version: index + 1 }), initial());
const waiting = [created, joined("yellow", "Ada")];
const playing = [...waiting, joined("red", "Grace"), started];
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
  ["four", "red", "Ada won | Four in a row."],
  ["four", null, "Ada won | Four in a row."],
  ["resignation", "yellow", "You won! | Grace resigned."],
  ["resignation", "red", "Ada won | You resigned."],
  ["resignation", null, "Ada won | Grace resigned."],
  ["timeout", null, "Ada won | Grace ran out of time."],
  ["abandonment", "yellow", "You won! | Grace left the game."],
  ["an ending of a later version", null, "Ada won | "],
]) {
  test(`a game that yellow won by ${by} is, for ${seat ?? "a spectator"}, "${words}"`, () => {
    assert.equal(said(given(...playing, finished("PLAYER_ONE_WON", by)), seat), words);
  });
}

test("a drawn game says why", () => {
  assert.equal(said(given(...playing, finished("TIED", "board_full")), "red"), "Drawn | The board is full.");
  assert.equal(said(given(...playing, finished("TIED", "agreement")), null), "Drawn | By agreement.");
});

test("who gave no name goes by the seat", () => {
  assert.equal(nameOf(given(created, joined("red", "")), "red"), "Red");
});

test("the title says whose turn it is", () => {
  assert.equal(title(given(...playing), "yellow"), "Your turn – Connect Four");
  assert.equal(title(given(...playing), "red"), "Ada’s turn – Connect Four");
});

test("a move is read out with whose turn it is now", () => {
  const events = [move(3)];
  assert.equal(announcement(given(...playing, ...events), events, "red"), "Yellow, column 4. Your turn.");
});

test("moves that come together are read out each in its colour", () => {
  const events = [move(3), move(0)];
  assert.equal(
    announcement(given(...playing, ...events), events, null),
    "Yellow, column 4. Red, column 1. Ada’s turn.",
  );
});

test("the last move is read out with the result", () => {
  const events = [move(3), finished("PLAYER_ONE_WON", "four")];
  assert.equal(announcement(given(...playing, ...events), events, "red"), "Yellow, column 4. Ada won. Four in a row.");
});

test("a player who joins is read out", () => {
  const events = [joined("red", "Grace"), started];
  assert.equal(announcement(given(...waiting, ...events), events, "yellow"), "Grace took the red seat. Your turn.");
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
