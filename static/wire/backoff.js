// How long to wait before trying again: exponential, with full jitter.

export const FIRST = 250; // ms
export const LONGEST = 6_000; // ms; with the attempt itself, whoever was away is back within 8 s of the server's return

/**
 * Milliseconds to wait before retry number `attempt` (from 0): anywhere from nothing to the ceiling, so that the
 * browsers a restarted server lost do not come back all at once.
 * Source: AWS Architecture Blog, "Exponential Backoff and Jitter".
 */
export function backoff(attempt, random = Math.random) {
  return random() * Math.min(LONGEST, FIRST * 2 ** attempt);
}
