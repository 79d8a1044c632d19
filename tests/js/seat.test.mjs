// Where tokens are kept, and for how long.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Tokens } from "../../static/browser/seat.js";
import { rememberClock, rememberedClock } from "../../static/browser/clock_kept.js";
import { rememberName, rememberedName, storage } from "../../static/browser/storage.js";
import { fakeEntry, fakeStorage } from "./fakes.mjs";

/** A browser: every tab has a sessionStorage and a history entry of its own and shares the localStorage. */
function browser({ local = fakeStorage() } = {}) {
  return { local, tab: (game = "g", session = fakeStorage(), kept = fakeEntry()) => new Tokens(game, { local, session, kept }) };
}

test("a tab that has taken a seat has it again after a reload", () => {
  const { tab } = browser();
  const session = fakeStorage();
  assert.ok(tab("g", session).take({ seat: "red", token: "t" }), "and the browser keeps it");
  assert.deepEqual(tab("g", session).own, { seat: "red", token: "t" });
});

test("a new tab holds no seat, but knows the seats that the browser has had", () => {
  const { tab } = browser();
  tab().take({ seat: "red", token: "r" });
  tab().take({ seat: "yellow", token: "y" });
  assert.equal(tab().own, null);
  assert.deepEqual(tab().remembered, [{ seat: "yellow", token: "y" }, { seat: "red", token: "r" }]);
});

test("the seats of one game are no seats in another", () => {
  const { tab } = browser();
  const session = fakeStorage();
  tab("g", session).take({ seat: "red", token: "r" });
  assert.equal(tab("other", session).own, null);
  assert.deepEqual(tab("other").remembered, []);
});

test("a token that the server refused is forgotten in both places", () => {
  const { tab } = browser();
  const mine = tab();
  mine.take({ seat: "red", token: "r" });
  mine.forget();
  assert.equal(mine.own, null);
  assert.deepEqual(tab().remembered, []);
});

test("forgetting an old token leaves alone a newer one for the same seat", () => {
  const { tab } = browser();
  const mine = tab();
  mine.take({ seat: "red", token: "old" });
  tab().take({ seat: "red", token: "new" });
  mine.forget();
  assert.deepEqual(tab().remembered, [{ seat: "red", token: "new" }]);
});

test("forgetting without a seat does nothing", () => {
  browser().tab().forget();
});

const BLOCKED = { get localStorage() { throw new Error("SecurityError"); } };
const FULL = {
  localStorage: {
    ...fakeStorage(),
    setItem() {
      throw new Error("QuotaExceededError");
    },
  },
};

for (const [how, window] of [["blocks", BLOCKED], ["has no room in", FULL]]) {
  test(`where the browser ${how} storage, the page remembers by itself, and says so`, () => {
    const kept = storage("localStorage", window);
    assert.equal(kept.setItem("key", "value"), false);
    assert.equal(kept.getItem("key"), "value");
    kept.removeItem("key");
    assert.equal(kept.getItem("key"), null);
  });

  test(`where the browser ${how} storage, a seat is kept in the tab's history entry`, () => {
    const { tab } = browser({ local: storage("localStorage", window) });
    const kept = fakeEntry();
    const session = () => storage("localStorage", window); // as anew after a reload
    assert.equal(tab("g", session(), kept).take({ seat: "red", token: "t" }), false);
    assert.deepEqual(tab("g", session(), kept).own, { seat: "red", token: "t" });
    assert.equal(tab("other", session(), kept).own, null);
    tab("g", session(), kept).forget();
    assert.equal(tab("g", session(), kept).own, null);
  });
}

test("what a full browser has kept before is still there", () => {
  const kept = storage("localStorage", { localStorage: { ...FULL.localStorage, getItem: () => "old" } });
  assert.equal(kept.getItem("key"), "old");
  kept.setItem("key", "new");
  assert.equal(kept.getItem("key"), "new");
});

test("a name is remembered from one game to the next", () => {
  const local = fakeStorage();
  assert.equal(rememberedName(local), "");
  rememberName("Ada", local);
  assert.equal(rememberedName(local), "Ada");
});

test("the clock that was chosen last is remembered, and nothing that is none", () => {
  const { local } = browser();
  assert.equal(rememberedClock(local), null);
  for (const clock of [{ initial: 90, increment: 3 }, null]) {
    rememberClock(clock, local);
    assert.deepEqual(rememberedClock(local), clock);
  }
  for (const nonsense of ["{", '"none"', '{"initial": "x"}']) {
    local.setItem("connect4.clock", nonsense);
    assert.equal(rememberedClock(local), null);
  }
});
