// What goes by while a page is not connected, and what is said of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Absence } from "../../static/game/absence.js";

function absent() {
  const said = [];
  const banner = { lost: (why, ms) => said.push([why, ms]), back: (moves) => said.push(["back", moves]) };
  return [new Absence(banner), said];
}

const ONLINE = { version: 7, online: true };

test("moves that were missed are counted until the page has all that was there when it came back", () => {
  const [absence, said] = absent();
  absence.lost(1006, 100, ONLINE);
  absence.welcome(12);
  assert.deepEqual([absence.took(2, 9), absence.caughtUp(9), absence.took(3, 12)], [0, false, 5]);
  assert.deepEqual(said, [["lost", 100], ["back", 5]]);
  assert.equal(absence.took(1, 13), 0, "it is connected again");
  assert.deepEqual([absence.isNews(12), absence.isNews(13)], [false, true]);
});

test("what a page that never was connected gets has not been missed", () => {
  const [absence, said] = absent();
  absence.lost(1006, 100, { version: 0, online: true });
  absence.welcome(12);
  assert.equal(absence.took(8, 12), 0);
  assert.deepEqual(said.at(-1), ["back", 0]);
});

test("a restart that the server has told of is one until the page is back, and who is offline is that", () => {
  const [absence, said] = absent();
  absence.lost(1012, 100, ONLINE);
  absence.lost(1006, 200, ONLINE);
  absence.lost(1006, 400, { version: 7, online: false });
  absence.welcome(7);
  absence.took(0, 7);
  absence.lost(1006, 100, ONLINE);
  assert.deepEqual(said.map(([why]) => why), ["restarting", "restarting", "offline", "back", "lost"]);
});

test("a page that is lost again before it has caught up goes on counting", () => {
  const [absence, said] = absent();
  absence.lost(1006, 100, ONLINE);
  absence.welcome(12);
  absence.took(2, 9);
  absence.lost(1006, 100, ONLINE);
  absence.welcome(13);
  assert.equal(absence.took(4, 13), 6);
  assert.deepEqual(said.at(-1), ["back", 6]);
});

test("nothing of a game that comes again from its beginning has been missed", () => {
  const [absence, said] = absent();
  absence.lost(1006, 100, ONLINE);
  absence.lost(undefined, 100, { version: 0, online: true });
  absence.welcome(5);
  assert.equal(absence.took(1, 5), 0);
  assert.deepEqual(said.at(-1), ["back", 0]);
});
