// The clock that was chosen last, which the start page proposes.

import { storage } from "./storage.js";

const CLOCK = "connect4.clock";

/** The clock that was chosen last, `{ initial, increment }` in seconds, or null. */
export function rememberedClock(local = storage("localStorage")) {
  try {
    const { initial, increment } = JSON.parse(local.getItem(CLOCK)) ?? {};
    return Number.isInteger(initial) && Number.isInteger(increment) ? { initial, increment } : null;
  } catch {
    return null; // it was written by something else
  }
}

/** Keep `clock` for the next game. */
export const rememberClock = (clock, local = storage("localStorage")) => local.setItem(CLOCK, JSON.stringify(clock));
