// Where tokens are kept, and for how long.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Tokens } from "../../static/browser/seat.js";
import { rememberedName, rememberName, storage } from "../../static/browser/storage.js";
import { fakeStorage } from "./fakes.mjs";

/** A browser: every tab has a sessionStorage of its own and shares the localStorage. */
function browser() {
  const local = fakeStorage();
  return { local, tab: (game = "g", session = fakeStorage()) => new Tokens(game, { local, session }) };
}

test("a tab that has taken a seat has it again after a reload", () => {
  const { local } = browser();
  const session = fakeStorage();
  new Tokens("g", { local, session }).take({ seat: "red", token: "t" });
  assert.deepEqual(new Tokens("g", { local, session }).own, { seat: "red", token: "t" });
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

test("where the browser refuses storage, the page remembers by itself", () => {
  const refusing = { get localStorage() { throw new Error("SecurityError"); } };
  const stand_in = storage("localStorage", refusing);
  stand_in.setItem("key", "value");
  assert.equal(stand_in.getItem("key"), "value");
  stand_in.removeItem("key");
  assert.equal(stand_in.getItem("key"), null);
});

test("where the browser allows storage, it is the browser's, left clean", () => {
  const localStorage = fakeStorage();
  assert.equal(storage("localStorage", { localStorage }), localStorage);
  assert.equal(localStorage.items.size, 0);
});

test("a name is remembered from one game to the next", () => {
  const local = fakeStorage();
  assert.equal(rememberedName(local), "");
  rememberName("Ada", local);
  assert.equal(rememberedName(local), "Ada");
});
