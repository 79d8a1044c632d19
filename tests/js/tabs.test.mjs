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
  return { timers, tab: (id) => new Tabs("g", { channel: channel(), id, setTimeout: (run, ms) => timers.setTimeout(run, ms) }) };
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
