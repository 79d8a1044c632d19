// Who this browser is, against a server that is played by the test; what is said of players' games; and forgetting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asPlayer, keepPlayer, keptPlayer } from "../../static/browser/player.js";
import { storage } from "../../static/browser/storage.js";
import { begin, take } from "../../static/game/table.js";
import { forget } from "../../static/game/forgetting.js";
import { foursIn, positionAfter } from "../../static/views/small_board.js";
import { Problem } from "../../static/wire/api.js";

/** What a browser keeps; `refuses` has it keep nothing. */
function local({ refuses = false } = {}) {
  const kept = new Map();
  const real = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  return storage("localStorage", {
    get localStorage() {
      if (refuses) throw new Error("blocked");
      return real;
    },
  });
}

/** Let `fetch` answer with `answers`, one after the other; returns what was asked. */
function server(t, ...answers) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (path, { method, body, headers }) => {
    asked.push([method, new URL(path).pathname, JSON.parse(body), headers.authorization]);
    const [status, answer] = answers.shift();
    return new Response(JSON.stringify(answer), { status });
  });
  return asked;
}

const ADA = { player: "a", name: "Ada", secret: "s" };

test("the first game makes a player, who plays from then on", async (t) => {
  const kept = local();
  const asked = server(t, [201, ADA]);
  for (let game = 0; game < 2; game++) assert.equal(await asPlayer("Ada", async (secret) => secret, kept), "s");
  assert.deepEqual(asked, [["POST", "/api/players", { name: "Ada" }, undefined]]);
  assert.deepEqual(keptPlayer(kept), ADA);
});

test("where nothing is kept nobody is made", async (t) => {
  const asked = server(t);
  assert.equal(await asPlayer("Ada", async (secret) => secret, local({ refuses: true })), undefined);
  assert.deepEqual(asked, []);
});

test("where no player can be made one plays as nobody", async (t) => {
  server(t, [429, { code: "rate_limited" }]);
  const kept = local();
  assert.equal(await asPlayer("Ada", async (secret) => secret, kept), undefined);
  assert.equal(keptPlayer(kept), null);
});

test("a secret that is not known any more is dropped, and another player plays", async (t) => {
  const kept = local();
  keepPlayer({ ...ADA, secret: "old" }, kept);
  server(t, [201, ADA]);
  const tried = [];
  await asPlayer("Ada", async (secret) => tried.push(secret) === 1 && Promise.reject(new Problem("bad_secret")), kept);
  assert.deepEqual(tried, ["old", "s"]);
  assert.deepEqual(keptPlayer(kept), ADA);
});

test("another refusal drops nothing", async () => {
  const kept = local();
  keepPlayer(ADA, kept);
  await assert.rejects(asPlayer("Ada", () => Promise.reject(new Problem("seat_taken")), kept), { code: "seat_taken" });
  assert.deepEqual(keptPlayer(kept), ADA);
});

test("a name given later is that of who had none", async (t) => {
  const kept = local();
  keepPlayer({ ...ADA, name: "Anonymous" }, kept);
  const asked = server(t, [200, { name: "Ada" }]);
  await asPlayer("Ada", async () => {}, kept);
  assert.deepEqual(asked, [["PATCH", "/api/me", { name: "Ada" }, "Bearer s"]]);
  assert.equal(keptPlayer(kept).name, "Ada");
});

test("a small board marks each four that the last move made", () => {
  const rows = (moves) => foursIn(positionAfter(moves)).map(([column, row]) => `${column}${row}`).sort();
  assert.deepEqual(rows("1213141"), ["00", "01", "02", "03"]);
  assert.deepEqual(rows("1122334"), ["00", "10", "20", "30"]);
  assert.deepEqual(rows("12233434544"), ["00", "11", "22", "33"]);
  assert.deepEqual(rows("44"), []);
  assert.deepEqual(rows(""), []);
});

test("who is forgotten has no name in the log, and everything else is as it was", () => {
  const event = (version, type, data) => ({ version, type, data, command_id: "c" });
  const joined = (version, seat, player, name) => event(version, "PlayerJoined", { seat, player, name });
  const state = take(begin(), [event(1, "GameCreated", {}), joined(2, "yellow", "a", "Ada"), joined(3, "red", "g", "Grace")]);
  const after = forget(state, "a");
  assert.deepEqual(after.log.game.players, { yellow: { player: "a", name: "Forgotten" }, red: { player: "g", name: "Grace" } });
  assert.equal(after.log.at(2).players.yellow.name, "Forgotten");
  assert.deepEqual({ ...after, log: null }, { ...state, log: null });
  assert.equal(state.log.game.players.yellow.name, "Ada");
});
