// How long a move took, whatever the clocks of the database and of the page say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { text } from "../../static/words/text.js";
import { Timings } from "../../static/browser/timings.js";

const HOUR = 3_600_000;

/** Timings of a page whose clock the test sets, in ms; a frame takes 10 ms to be painted. */
function watched(database) {
  let now = 1_000;
  const timings = new Timings({
    changed: () => {},
    screen: {
      now: () => now,
      painted: (run) => {
        now += 10;
        run();
      },
    },
  });
  return {
    timings,
    click: (at, id) => {
      now = at;
      timings.clicked(id);
    },
    /** An event that was committed at `committed`, by the page's clock, comes at `at`. */
    event: (version, committed, at, command_id = "theirs") => {
      now = at;
      const recorded_at = new Date(committed + database).toISOString();
      timings.arrived([{ version, command_id, recorded_at }]);
      return timings.words({ version, command_id });
    },
  };
}

for (const [clock, database] of [["right", 0], ["an hour behind", -HOUR], ["an hour ahead", HOUR]]) {
  test(`a move took as long as it did where the database's clock is ${clock}`, () => {
    const page = watched(Date.UTC(2026, 0, 1) + database);
    page.timings.roundTrip(40);
    assert.equal(page.event(5, 2_000, 2_020), text.tookTheirs.replace("{screen}", 30));
    assert.equal(page.event(6, 3_000, 3_120), text.tookTheirs.replace("{screen}", 130), "it was held up for 100 ms");
    page.click(4_000, "ours");
    assert.equal(page.event(7, 4_030, 4_050, "ours"), text.took.replace("{commit}", 30).replace("{screen}", 30));
  });
}

test("a clock that is set while a game is played puts no commit before its click or behind its arrival", () => {
  for (const step of [-HOUR, HOUR]) {
    const page = watched(0);
    page.timings.roundTrip(40);
    page.event(5, 2_000, 2_020);
    page.click(4_000, "ours");
    const words = page.event(6, 4_030 + step, 4_050, "ours");
    assert.equal(words, text.took.replace("{commit}", step < 0 ? 0 : 30).replace("{screen}", step < 0 ? 60 : 30));
  }
});

test("another connection is measured anew", () => {
  const page = watched(0);
  page.event(5, 2_000, 2_020);
  page.timings.connected();
  assert.equal(page.event(6, 3_000 - HOUR, 3_020), text.tookTheirs.replace("{screen}", 10));
});

test("what was there before the page has no time", () => {
  assert.equal(watched(0).timings.words({ version: 1, command_id: "x" }), text.tookUnknown);
});
