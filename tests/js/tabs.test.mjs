// Which of a browser's tabs takes which of the seats it remembers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Tabs, WAIT } from "../../static/browser/tabs.js";
import { FakeTimers, fakeBroadcast } from "./fakes.mjs";

const yellow = { seat: "yellow", token: "y" };
const red = { seat: "red", token: "r" };

function browser() {
  const channel = fakeBroadcast();
  const timers = new FakeTimers();
  /** Another tab; `heard` is what it was told. */
  function tab(id) {
    const made = new Tabs("g", { channel: channel(), id, setTimeout: (run, ms) => timers.setTimeout(run, ms) });
    made.heard = [];
    made.onRival = () => made.heard.push("rival");
    made.onTaken = () => made.heard.push("taken");
    return made;
  }
  return { timers, tab };
}

test("a tab alone takes the first seat that is remembered", async () => {
  const { tab, timers } = browser();
  const chosen = tab("a").choose([yellow, red]);
  timers.pass(WAIT);
  assert.equal(await chosen, yellow);
});

test("without a remembered seat there is nothing to wait for", async () => {
  assert.equal(await browser().tab("a").choose([]), null);
});

test("a seat that another tab holds is left to it", async () => {
  const { tab, timers } = browser();
  tab("a").hold("yellow");
  const second = tab("b").choose([yellow, red]);
  timers.pass(WAIT);
  assert.equal(await second, red);
});

test("where every remembered seat is held there is none to take", async () => {
  const { tab, timers } = browser();
  tab("a").hold("yellow");
  const second = tab("b").choose([yellow]);
  timers.pass(WAIT);
  assert.equal(await second, null);
});

test("a seat that its tab gave up is free again", async () => {
  const { tab, timers } = browser();
  const first = tab("a");
  first.hold("yellow");
  first.hold(null);
  const second = tab("b").choose([yellow]);
  timers.pass(WAIT);
  assert.equal(await second, yellow);
});

test("a tab that comes with a seat that another one plays yields, however the two are called", () => {
  for (const [old, young] of [["a", "b"], ["b", "a"]]) {
    const { tab, timers } = browser();
    const [first, second] = [tab(old), tab(young)];
    first.hold("yellow");
    timers.pass(WAIT);
    second.hold("yellow");
    assert.deepEqual([first.heard, second.heard], [["rival"], ["taken"]]);
  }
});

test("of two tabs that come with the same seat at the same moment one plays", () => {
  for (const order of [["a", "b"], ["b", "a"]]) {
    const { tab, timers } = browser();
    const tabs = order.map(tab);
    tabs.forEach((each) => each.hold("yellow"));
    timers.pass(WAIT);
    const taken = tabs.filter(({ heard }) => heard.includes("taken"));
    assert.equal(taken.length, 1);
  }
});

test("a tab that takes a seat over has it, and the other one is told", () => {
  const { tab, timers } = browser();
  const [first, second] = [tab("a"), tab("b")];
  first.hold("yellow");
  timers.pass(WAIT);
  second.takeOver("yellow");
  timers.pass(WAIT);
  assert.deepEqual([first.heard, second.heard], [["taken"], []]);
  first.hold("yellow"); // as after a reload of the first
  assert.deepEqual([first.heard, second.heard], [["taken", "taken"], ["rival"]]);
});

test("tabs with different seats play each other", () => {
  const { tab, timers } = browser();
  const [first, second] = [tab("a"), tab("b")];
  first.hold("yellow");
  second.hold("red");
  timers.pass(WAIT);
  assert.deepEqual([first.heard, second.heard], [[], []]);
});

for (const order of [["a", "b"], ["b", "a"]]) {
  test(`tabs ${order.join(" and ")} that come at the same moment choose different seats`, async () => {
    const { tab, timers } = browser();
    const chosen = order.map((id) => tab(id).choose([yellow, red]));
    timers.pass(WAIT);
    assert.deepEqual(new Set(await Promise.all(chosen)), new Set([yellow, red]));
  });

  test(`of tabs ${order.join(" and ")} that come at the same moment only one takes the only seat`, async () => {
    const { tab, timers } = browser();
    const chosen = order.map((id) => tab(id).choose([yellow]));
    timers.pass(WAIT);
    assert.deepEqual((await Promise.all(chosen)).filter(Boolean), [yellow]);
  });

  test(`tab ${order[1]} that comes while ${order[0]} is still choosing chooses another seat`, async () => {
    const { tab, timers } = browser();
    const [first, second] = order.map(tab);
    const early = first.choose([yellow, red]).then((seat) => (first.hold(seat.seat), seat));
    timers.pass(WAIT / 2);
    const late = second.choose([yellow, red]);
    timers.pass(WAIT / 2);
    await early;
    timers.pass(WAIT / 2);
    assert.deepEqual(new Set([await early, await late]), new Set([yellow, red]));
  });
}
