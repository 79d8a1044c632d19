// An analysis as it goes on, and what it says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isOpen } from "../../static/game/open.js";
import * as studying from "../../static/game/study.js";
import { analyse } from "../../static/game/solver.js";
import { adviceFor, curveLabel, markIn, markLabel, progressIn, verdictOf } from "../../static/words/study.js";
import { Log } from "../../static/game/log.js";
import { finished, move, numbered, playing } from "./events.mjs";

/** Yellow leaves a three open at both ends; red closes one, and yellow overlooks the other and gives up. */
const OVERLOOKED = "44553171";

const columns = (moves) => [...moves].map((column) => move(Number(column) - 1));
const taken = (number) => ({ type: "MovesTakenBack", data: { player: "g", number } });
const logOf = (...events) => new Log().with(numbered(events));
const resigned = (moves) => logOf(...playing, ...columns(moves), finished("PLAYER_TWO_WON", "resignation"));

/** A study that has heard all that the worker says. */
function studied(log, nodes = 50_000) {
  let study = studying.begin(log);
  for (const step of analyse(study.moves, { nodes })) {
    study = studying.heard(study, step ?? { spent: 0.5 });
    if (step?.ply === study.from) break;
  }
  return studying.heard(study, { done: true });
}

test("the positions of a game are those of its last line: moves that were taken back are in none", () => {
  const log = logOf(...playing, ...columns("123"), taken(2), ...columns("45"), finished("TIED", "agreement"));
  const study = studying.begin(log);
  assert.equal(study.moves, "145");
  assert.deepEqual(study.versions, { 0: 4, 1: 5, 2: 9, 3: 10 });
  assert.deepEqual([4, 5, 6, 7, 8, 9, 10, 11].map((version) => studying.plyOf(study, log.at(version))), [0, 1, null, null, 1, 2, 3, 3]);
});

test("a position that was not tried is not the same as one that is not solved", () => {
  let study = studying.begin(resigned("1234"));
  assert.equal(studying.untried(study), 5);
  study = studying.heard(study, { ply: 4, value: { outcome: 0, plies: 38 }, best: null });
  study = studying.heard(study, { ply: 3, value: null, best: null });
  assert.equal(studying.untried(study), 3);
  assert.equal(studying.solvedFrom(study), 4);
  assert.equal(progressIn(study), "Solving… 3 positions to go");
  assert.deepEqual(verdictOf(study, 2, resigned("1234").game), { headline: "Not solved yet", detail: "The end of the game comes first." });
  assert.equal(verdictOf(study, 3, resigned("1234").game).headline, "Not solved");
  assert.equal(progressIn(studying.heard(study, { done: true })), "Solved from move 5 on.");
});

test("one goes on with as many nodes after a stop, and with more when all was tried; what is known stays", () => {
  const value = { outcome: 0, plies: 38 };
  const begun = studying.begin(resigned("1234"));
  let study = studying.further(studying.stop(studying.heard(begun, { ply: 4, value, best: null })));
  assert.equal(study.state, "running");
  assert.equal(studying.job(study).nodes, studying.job(begun).nodes);
  study = studying.further(studying.heard(study, { done: true }));
  assert.ok(studying.job(study).nodes > studying.job(begun).nodes);
  assert.deepEqual(studying.heard(study, { ply: 4, value: null, best: null }).values[4], value);
});

test("a move that overlooked a win says which one it was", () => {
  const log = resigned(OVERLOOKED);
  const study = studied(log);
  assert.deepEqual(verdictOf(study, 6, log.game), { headline: "Ada wins in 1 move", detail: "Column 2 or 6 would have won at once." });
  assert.equal(markLabel(study, 6), "Move 7: yellow, column 7: 1 move slower");
});

test("each mark has its words, and a move that is as good as any has none to be seen", () => {
  const marks = [
    [{ kind: "lost", from: 1, to: -1, by: 0, missed: [3] }, "won → lost", "The winning move was column 4."],
    [{ kind: "lost", from: 0, to: -1, by: 0, missed: [0, 1] }, "drawn → lost", "Column 1 or 2 would have held the draw."],
    [{ kind: "slower", from: 1, to: 1, by: 2, missed: [4] }, "1 move slower", "Column 5 would have won sooner."],
    [{ kind: "sooner", from: -1, to: -1, by: 6, missed: [] }, "3 moves sooner", "There was a better move."],
    [{ kind: "kept", from: 0, to: 0, by: 0, missed: [] }, "", "Column 1, as played, is as good as any."],
  ];
  for (const [mark, words, advice] of marks) {
    const study = { ...studying.begin(resigned("12")), marks: [mark] };
    assert.equal(markIn(study, 0), words);
    assert.equal(adviceFor(study, 0), advice);
    assert.equal(markLabel(study, 0), `Move 1: yellow, column 1: ${words || "as good as any"}`);
  }
});

test("a mark says that it is not solved once nobody tries any more", () => {
  const study = studying.begin(resigned("12"));
  assert.equal(markIn(study, 0), "");
  assert.equal(markIn(studying.stop(study), 0), "not solved");
});

test("the curve is told by who is ahead from which move on", () => {
  const values = [null, { outcome: 0, plies: 41 }, { outcome: 0, plies: 40 }, { outcome: 1, plies: 3 }, { outcome: -1, plies: 2 }];
  const log = resigned("1234");
  const study = { ...studying.begin(log), values };
  assert.equal(curveLabel(study, log.game), "Who was ahead: from move 1 on not solved, from move 2 on nobody, and from move 4 on Grace");
});

test("a game that began with another's moves is analysed from there", () => {
  const log = logOf(
    { type: "GameCreated", data: { created_by: "a", opening: "44", fork_of: { game: "p", version: 6 } } },
    ...playing.slice(1),
    ...columns("5"),
    finished("PLAYER_TWO_WON", "resignation"),
  );
  const study = studying.begin(log);
  assert.deepEqual([study.from, study.moves, studying.plies(study)], [2, "445", [2, 3]]);
});

test("a game is continued from where it is neither won nor full, and has begun", () => {
  const won = logOf(...playing, ...columns("1212121"), finished("PLAYER_ONE_WON", "four"));
  assert.deepEqual([4, 10, 11, 12].map((version) => isOpen(won, version)), [true, true, false, false]);
  assert.equal(isOpen(resigned("12"), 7), true);
  assert.equal(isOpen(logOf(playing[0]), 1), false);
});
