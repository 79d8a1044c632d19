// What players may ask of each other, and what a page knows of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { running } from "../../static/game/clock.js";
import { figures, leftTo, lowBelow, untilNext } from "../../static/game/face.js";
import * as manners from "../../static/game/manners.js";
import * as requests from "../../static/game/requests.js";
import * as table from "../../static/game/table.js";
import { heard, spoken } from "../../static/words/news.js";
import { nowIn, termsIn, toldIn } from "../../static/words/words.js";
import { created, finished, joined, move, playing, started, then, told, waiting } from "./events.mjs";

const ours = (type, seat, more = {}) => ({ type, data: { player: seat, ...more } });
const moves = (n) => Array.from({ length: n }, (_, at) => move(at % 7));
const timed = [{ type: "GameCreated", data: { clock: { initial: 60, increment: 2 } } }, ...playing.slice(1)];
const thought = (column, remaining_ms) => ({ type: "MoveMade", data: { player: "?", column, remaining_ms } });
const START = Date.parse("2026-01-01T00:00:09Z"); // of events.mjs; version 1 is a second later
const said = (before, after) => spoken(before, after).filter(Boolean).join(" ");

// What may be asked ----------

test("a draw can be offered from the second ply on, and again after six more, or once the other has offered", () => {
  const may = (seat, ...events) => requests.mayOfferDraw(told([...playing, ...events], seat));
  const declined = [...moves(2), ours("DrawOffered", "yellow"), ours("DrawDeclined", "red", { offer: 7 })];
  assert.deepEqual([may("yellow", ...moves(1)), may("yellow", ...moves(2)), may(null, ...moves(2))], [false, true, false]);
  assert.deepEqual([may("yellow", ...declined), may("red", ...declined)], [false, true]);
  assert.deepEqual([may("yellow", ...declined, ...moves(5)), may("yellow", ...declined, ...moves(6))], [false, true]);
  const answered = [...declined, ours("DrawOffered", "red"), ours("DrawDeclined", "yellow", { offer: 9 })];
  assert.ok(may("yellow", ...answered));
});

test("a move is asked back once there is one of one's own, not twice at a time, and not in a rated game", () => {
  const may = (seat, ...events) => requests.mayAskBack(told([...playing, ...events], seat));
  assert.deepEqual([may("yellow"), may("yellow", move(3)), may("red", move(3))], [false, true, false]);
  assert.ok(may("yellow", move(3), move(3)));
  assert.ok(!may("yellow", move(3), ours("TakebackOffered", "yellow")));
  const seated = (seat, player) => ours("PlayerJoined", player, { seat });
  const rated = (yellow, red) =>
    told([{ type: "GameCreated", data: { rated: true } }, seated("yellow", yellow), seated("red", red), started, move(3)], "yellow");
  const [one, other, guest] = ["4111", "4222", "5333"].map((part) => `00000000-0000-${part}-8000-000000000000`);
  assert.ok(!requests.mayAskBack(rated(one, other)));
  assert.ok(requests.mayAskBack(rated(one, guest)));
});

test("a game is called off while one waits, and before the second ply", () => {
  assert.ok(requests.mayAbort(told(waiting, "yellow")));
  assert.ok(requests.mayAbort(told([...playing, move(3)], "red")));
  assert.ok(!requests.mayAbort(told([...playing, move(3), move(3)], "red")));
  assert.ok(!requests.mayAbort(told(playing)));
});

test("a rematch is offered once the game is over and until there is one", () => {
  const over = [...playing, finished("PLAYER_ONE_WON", "resignation")];
  assert.ok(manners.mayOfferRematch(told(over, "yellow")));
  assert.ok(!manners.mayOfferRematch(told(over)));
  assert.ok(!manners.mayOfferRematch(told(playing, "yellow")));
  assert.ok(!manners.mayOfferRematch(told([...over, ours("RematchAccepted", "red", { game: "next" })], "yellow")));
  assert.ok(!manners.mayOfferRematch(told([...waiting, { type: "GameAborted", data: { by: "creator" } }], "yellow")));
});

test("an offer is to be answered by the other player alone, and is named by the version that made it", () => {
  const events = [...playing, ...moves(2), ours("DrawOffered", "yellow")];
  assert.deepEqual(manners.offerToUs(told(events, "red")), { kind: "draw", seat: "yellow", version: 7 });
  assert.deepEqual([manners.offerToUs(told(events, "yellow")), manners.offerToUs(told(events))], [null, null]);
  assert.ok(requests.isOffered(told(events, "yellow"), "draw"));
});

// Absence ----------

test("an absence is told from five seconds on, until the game can be claimed, and not long before", () => {
  const since = START;
  const away = (claim) => ({ red: { since: new Date(since).toISOString(), claim_at: new Date(since + claim).toISOString() } });
  const absent = (seat, after, claim = 40_000) =>
    manners.absence(table.attend(told(playing, seat), { spectators: 0, connected: [], away: away(claim) }), since + after);
  assert.equal(absent("yellow", 4_999), null);
  assert.deepEqual(absent("yellow", 5_000), { seat: "red", wait: 35_000 });
  assert.deepEqual(absent("yellow", 41_000), { seat: "red", wait: 0 });
  assert.deepEqual([absent("red", 5_000), absent(null, 5_000)], [null, null]);
  assert.equal(absent("yellow", 6_000, 14 * 86_400_000), null);
  assert.equal(manners.absence(told(playing, "yellow"), since), null);
});

test("seconds are counted for a first move and for an absence that can soon be claimed, and else for nothing", () => {
  const away = (claim) => ({ red: { since: new Date(START).toISOString(), claim_at: new Date(START + claim).toISOString() } });
  const counts = (claim) => manners.counts(table.attend(told(playing, "yellow"), { connected: [], away: away(claim) }), START);
  assert.deepEqual([counts(40_000), counts(14 * 86_400_000)], [true, false]);
  assert.deepEqual([manners.counts(told(timed), START), manners.counts(told(playing, "yellow"), START)], [true, false]);
});

test("whoever waits for an absent player is told for how long", () => {
  const away = { red: { since: new Date(START).toISOString(), claim_at: new Date(START + 40_000).toISOString() } };
  const state = table.attend(told(playing, "yellow"), { spectators: 0, connected: ["yellow"], away });
  assert.equal(nowIn(state, START + 10_500).detail, "Grace is away. In 30\u00a0s you can claim the game.");
  assert.equal(nowIn(state, START + 40_000).detail, "Grace has been away too long: the game is yours to claim.");
});

// Clocks ----------

test("a clock shows tenths below ten seconds, and 0.0 only where nothing is left", () => {
  const shown = [3_600_000, 60_000, 59_001, 10_000, 9_900, 9_899, 100, 1, 0].map(figures);
  assert.deepEqual(shown, ["60:00", "1:00", "1:00", "0:10", "9.9", "9.9", "0.1", "0.1", "0.0"]);
});

test("a clock that runs shows something else exactly when it is due", () => {
  for (const ms of [59_400.5, 59_000, 10_400, 10_000, 9_950, 100, 50]) {
    const due = untilNext(ms);
    assert.notEqual(figures(ms - due), figures(ms), ms);
    assert.equal(figures(ms - due + 0.01), figures(ms), ms);
  }
});

test("the clock of who is to move runs, by the server's time, once both have moved", () => {
  const state = told([...timed, thought(3, 60_000), thought(3, 60_000)], "yellow");
  const { game } = state.log;
  const since = Date.parse(game.clock.since);
  assert.equal(running(game), "yellow");
  assert.deepEqual([leftTo(game, "yellow", since + 1_500), leftTo(game, "red", since + 1_500)], [58_500, 60_000]);
  assert.equal(leftTo(game, "yellow", null), 60_000, "looked back on, it stands");
  const flagged = then(state, finished("PLAYER_TWO_WON", "timeout")).log.game;
  assert.deepEqual([leftTo(flagged, "yellow", since), leftTo(flagged, "red", since)], [0, 60_000]);
  assert.equal(lowBelow({ initial: 180 }), 10_000);
});

test("the page's idea of the server's time is never ahead of it, and gets better", () => {
  const at = (ms) => new Date(START + ms).toISOString();
  let state = table.welcome(table.begin(), { version: 0, server_time: at(0) }, 1_000); // 80 ms under way
  assert.equal(manners.serverTime(state, 1_500), START + 500);
  state = table.measured(state, 20, at(590), 1_520);
  assert.equal(manners.serverTime(state, 1_520), START + 590);
  state = table.measured(state, 400, at(1_000), 2_200);
  assert.equal(manners.serverTime(state, 2_200), START + 1_270);
  assert.equal(manners.serverTime(table.begin(), 0), null);
});

test("a first move is asked for with the seconds that are left for it", () => {
  const state = told(timed, "yellow");
  const since = Date.parse(state.log.game.clock.since);
  assert.equal(nowIn(state, since + 7_100).detail, "First move within 23\u00a0s.");
  assert.equal(nowIn({ ...state, seat: "red" }, since + 7_100).detail, "Ada has 23\u00a0s to begin.");
  assert.equal(nowIn(told(playing, "yellow"), since).detail, "Drop a yellow disc in a column.");
});

test("the terms of a clock have words", () => {
  assert.equal(termsIn({ initial: 180, increment: 2 }), "3 min + 2 s a move");
  assert.equal(termsIn({ initial: 90, increment: 0 }), "90 s");
});

// What is on its way, and what is said ----------

test("a command is on its way until its event or its refusal comes, and a refusal says why", () => {
  const asking = table.asking(told([...playing, ...moves(2)], "yellow"), { id: "d", type: "offer_draw" });
  assert.equal(then(asking, { ...ours("DrawOffered", "yellow"), command_id: "d" }).asked, null);
  assert.deepEqual(table.accepted(asking, { id: "d", version: 7 }).asked, { id: "d", type: "offer_draw" });
  const refused = table.rejected(asking, { id: "d", code: "too_soon", detail: "x" });
  assert.equal(refused.asked, null);
  assert.equal(toldIn(refused.told), "You can offer a draw again after six more moves.");
  assert.equal(table.restart(asking, [{ id: "d" }]).asked, null);
});

test("a move that was refused because words came before it is made again, and no other is", () => {
  const stale = { id: "m", code: "stale_version" };
  const moving = table.moving(told([...playing, ...moves(2)], "yellow"), { id: "m", column: 3, version: 6 });
  const offered = then(moving, ours("DrawOffered", "red"));
  assert.deepEqual(table.repeated(offered, stale), { column: 3, version: 7 });
  assert.equal(table.repeated(offered, { ...stale, code: "column_full" }), null);
  assert.equal(table.repeated(moving, stale), null);
  const back = then(moving, ours("TakebackOffered", "red"), ours("MovesTakenBack", "yellow", { number: 1 }));
  assert.equal(table.repeated(back, stale), null);
});

test("offers and answers are heard, once, with what is going on", () => {
  const before = told([...playing, ...moves(2)], "red");
  const offered = then(before, ours("DrawOffered", "yellow"));
  assert.equal(said(before, offered), "Ada offers a draw. Ada’s turn.");
  assert.equal(heard(before, offered), "offer");
  assert.equal(heard(before, then(before, ours("DrawOffered", "red"))), null);
  assert.equal(nowIn(offered).detail, "Ada offers a draw.");
  const back = then(offered, ours("TakebackOffered", "yellow"), ours("MovesTakenBack", "red", { number: 1 }));
  assert.equal(said(offered, back), "Ada asks to take a move back. 1 move is taken back. Your turn.");
});

test("a rematch is heard without how the game ended, and without the sound of its end", () => {
  const over = told([...playing, finished("PLAYER_ONE_WON", "resignation")], "red");
  const offered = then(over, ours("RematchOffered", "yellow"));
  assert.equal(said(over, offered), "Ada wants a rematch.");
  assert.equal(heard(over, offered), "offer");
  const agreed = then(offered, ours("RematchAccepted", "red", { offer: 6, game: "next" }));
  assert.equal(said(offered, agreed), "There is a rematch.");
  assert.equal(heard(offered, agreed), null);
});

test("a flag is heard", () => {
  const before = told([...timed, thought(3, 60_000), thought(3, 60_000)], "red");
  const after = then(before, finished("PLAYER_TWO_WON", "timeout"));
  assert.equal(said(before, after), "You won! Ada ran out of time.");
});

// The next game ----------

test("everybody who is there goes on to the next game, but who looks at the past, or finds it long agreed", () => {
  const over = [...playing, finished("TIED", "agreement")];
  const agreed = ours("RematchAccepted", "red", { offer: 6, game: "next" });
  const leads = (seat, look = {}) => {
    const before = { ...told(over, seat) };
    return table.leadsOn(before, { ...then(before, agreed), ...look });
  };
  const past = { look: { at: 4, left: 6, playing: false, speed: 1 } };
  assert.deepEqual([leads("yellow"), leads(null), leads(null, past), leads("red", past)], [true, true, false, true]);
  const late = told([...over, agreed], "yellow");
  assert.ok(!table.leadsOn(table.begin(), late) && !table.leadsOn(late, late));
});

test("the score of a series counts a win as one and a draw as a half, with the game that has ended", () => {
  const state = told([...playing, finished("TIED", "agreement")]);
  assert.equal(manners.score(state, "yellow"), null);
  const series = table.inSeries(state, { yellow: 2 });
  assert.deepEqual([manners.score(series, "yellow"), manners.score(series, "red")], [2.5, 0.5]);
  const won = table.inSeries(told([created, joined("yellow"), joined("red"), started, finished("PLAYER_TWO_WON", "four")]), {});
  assert.deepEqual([manners.score(won, "yellow"), manners.score(won, "red")], [0, 1]);
  const aborted = told([created, joined("yellow"), joined("red"), started, { type: "GameAborted", data: { by: "player" } }]);
  const going = table.inSeries(aborted, { yellow: 2 });
  assert.deepEqual([manners.score(going, "yellow"), manners.score(going, "red")], [2, 0]);
});
