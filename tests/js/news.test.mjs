// What is read out, and which sound is heard, when a page changes.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as recorder from "../../static/game/recorder.js";
import * as table from "../../static/game/table.js";
import { heard, spoken } from "../../static/words/news.js";
import { finished, joined, move, numbered, playing, started, then, told, waiting } from "./events.mjs";

const said = (before, after) => spoken(before, after).filter(Boolean).join(" ");
const GRACE = [joined("red", "Grace"), started];
const THERE = { spectators: 0, connected: ["yellow", "red"] };

for (const [what, seat, events, words, sound] of [
  ["a move", "red", [move(3)], "Yellow, column 4, row 1. Your turn.", "turn"],
  ["moves that come together", null, [move(3), move(3)], "Yellow, column 4, row 1. Red, column 4, row 2. Ada’s turn.", "drop"],
  ["the last move", "red", [move(3), finished("PLAYER_ONE_WON", "four")], "Yellow, column 4, row 1. Ada won. Four in a row. Good game, well fought!", "over"],
  ["one's own win", "yellow", [move(3), finished("PLAYER_ONE_WON", "four")], "Yellow, column 4, row 1. You won! Four in a row.", "won"],
]) {
  test(`${what} is heard`, () => {
    const before = told(playing, seat);
    const after = then(before, ...events);
    assert.equal(said(before, after), words);
    assert.equal(heard(before, after), sound);
  });
}

test("a player who joins is heard", () => {
  const before = told(waiting, "yellow");
  assert.equal(said(before, then(before, ...GRACE)), "Grace took the red seat. Your turn.");
});

test("two moves between two frames are heard with one turn, the one it is by now", () => {
  const before = told(playing, "yellow");
  const after = then(then(before, move(3, "ours")), move(0));
  assert.equal(said(before, after).match(/turn/g).length, 1);
  assert.match(said(before, after), /Your turn\.$/);
});

test("a move of one's own sounds when it is made, and not again when its event comes", () => {
  const before = told(playing, "yellow");
  const moving = table.moving(before, { id: "m", column: 3, version: 4 });
  assert.equal(heard(before, moving), "drop");
  assert.equal(heard(moving, then(moving, move(3, "m"))), null);
});

test("what was there when the page connected is not news, but whose turn it is after it was away is", () => {
  const before = table.lost(told(playing, "red"), { code: 1006, wait: 1, online: true, now: 0 });
  const after = table.take(table.welcome(before, { version: 5 }), numbered([move(3)], 4));
  assert.equal(said(before, after), "Your turn.");
  assert.equal(heard(before, after), null);
  assert.equal(said(table.begin(), told(playing)), "");
});

test("who goes, and who comes back, is heard, but not oneself nor who has only just come", () => {
  const before = table.attend(told(playing, "yellow"), THERE);
  const gone = table.attend(before, { ...THERE, connected: ["yellow"] });
  assert.equal(said(before, gone), "Grace left.");
  assert.equal(said(gone, table.attend(gone, THERE)), "Grace is back.");
  assert.equal(said(before, table.attend(before, { ...THERE, connected: ["red"] })), "");
  const alone = table.attend(told(waiting, "yellow"), { ...THERE, connected: ["yellow"] });
  const joining = then(alone, ...GRACE);
  assert.equal(said(joining, table.attend(joining, THERE)), "");
});

test("a position of the past is heard, and so is who is live again", () => {
  const live = told([...playing, move(3), move(3)], "yellow");
  const past = recorder.step(live, -1);
  assert.equal(said(live, past), "After 1 move, version 5 of 6. Yellow, column 4, row 1.");
  assert.equal(said(past, recorder.toLive(past)), "This is the game as it is. Your turn.");
  const back = table.choose(past, 0).state;
  assert.equal(said(past, back), "You were looking at the past. This is the game as it is. Your turn.");
  const playingOn = recorder.toggle(recorder.toFirst(live));
  assert.equal(said(playingOn, recorder.tick(playingOn)), "", "what is played on is not read out");
});

test("who takes a seat and is to move is told so", () => {
  const before = told(playing);
  assert.equal(said(before, table.sit(before, "yellow")), "Your turn.");
});

test("what is said for a while is heard once", () => {
  const before = told(playing, "red");
  const after = table.choose(before, 0).state;
  assert.equal(said(before, after), "It is not your turn.");
  assert.equal(said(after, { ...after }), "");
});
