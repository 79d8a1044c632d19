// The connection to one game, kept up for ever, by one socket after the other. No DOM.

import { ANSWER_WITHIN, Attempt } from "./attempt.js";
import { backoff } from "./backoff.js";
import { Conversation } from "./conversation.js";

export const NO_SUCH_GAME = 4404;
export const BAD_TOKEN = 4401;
const PROTOCOL = 2; // of the wire, the newest that this page knows
const OTHER_LOG = 4409; // the log has not the event that the page came back with
const FINAL = new Set([NO_SUCH_GAME, BAD_TOKEN]);

const STEADY_AFTER = 5_000; // ms; a connection that lived so long starts the backoff afresh
const HANGS_AFTER = 4_000; // ms; an attempt without an answer for so long is replaced when the page wakes up

/**
 * The phases of a connection:
 *
 *     idle ──► connecting ──► live
 *               ▲  ▲  │         │
 *               │  │  ▼         ▼
 *          asking ◄─ waiting ◄──┘         connecting, live ──► gone ──► connecting
 *
 * Each phase from `waiting` to `live` belongs to one Attempt; a connection has at most one at a time.
 */
const IDLE = "idle"; // not opened yet
const WAITING = "waiting"; // until the backoff is over
const ASKING = "asking"; // by HTTP, after a socket that was never welcomed: why not?
const CONNECTING = "connecting"; // no welcome yet
const LIVE = "live";
const GONE = "gone"; // no retry can help

const systemTimers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
};

export class Connection {
  /**
   * What people are told: "connecting", "live", "reconnecting", "refused" while the server takes no sockets from this page,
   * or "gone" when no retry can help.
   */
  state = "connecting";
  #phase = IDLE;
  #attempt = null;
  #unwelcome = false; // whether the last attempt failed before its welcome
  #failures = 0; // attempts in a row that did not lead to a steady connection
  #answer = null; // what `ask` found out since the connection was live
  #rtt = 0; // to the server and back, in ms
  #timers;
  #options;
  #on;
  #conversation;

  /**
   * @param {object} options
   * @param {(after: number, last: string | null, history: number) => string} options.url where to connect, having had the
   *   events up to `after`, the last of them made by the command `last`, and all by commands whose ids have this CRC-32
   * @param {(signal: AbortSignal) => Promise<{ why: string, detail?: string }>} [options.ask] finds out by HTTP why a socket
   *   failed before its welcome, see origin.js
   * @param {object[]} [options.seen] the events that the page has already
   * @param {object} options.on what to call, each of them optional: `state(state)`, `welcome(message)`,
   *   `events(events)` with what is new of one commit, `seated(seat)`, `accepted(message)`, `rejected(message)`,
   *   `delayed(message)` where a command was refused for now and is sent again, `presence(message)`, `forgotten(message)`,
   *   `restart(commands)` where the server's log is not the one that was told, and comes again from its beginning;
   *   `commands` had no answer yet and are not sent again,
   *   `roundTrip(ms, server_time)` with how long a message and its answer took, and the time that the answer said,
   *   `lost({ code, wait, why, detail })` with the ms until the next attempt and what `ask` said, `outdated()` where the server speaks a newer protocol, and
   *   `gone(code)` after a final close
   */
  constructor({ url, ask = null, on, seen, WebSocket = globalThis.WebSocket, timers = systemTimers, random = Math.random, newId }) {
    this.#options = { url, ask, WebSocket, random };
    this.#on = on;
    this.#timers = timers;
    this.#conversation = new Conversation({ on, broken: () => this.#lose(), seen, random, newId });
  }

  /** The last version delivered. */
  get version() {
    return this.#conversation.version;
  }

  /** Connect, at first or again after `gone`. */
  open() {
    this.#failures = 0;
    this.#unwelcome = false;
    this.#connect();
  }

  /** Stop, until it is opened again. */
  close() {
    this.#attempt?.end();
    this.#conversation.pause();
    this.#become(GONE);
  }

  /** Take the seat of `token`, now and after each reconnect; null is for watching. */
  authenticate(token) {
    this.#conversation.authenticate(token);
  }

  /** Send a command, and send it again after each reconnect until it is answered. Returns its id. */
  send(command) {
    return this.#conversation.send(command);
  }

  /**
   * Another way than the socket has the game at `version`, and `events` behind what was delivered. Returns whether that is
   * another log than was told: then it has to come from its beginning.
   */
  take(version, events) {
    if (this.#phase === LIVE) return false;
    const other = version < this.version;
    if (other) this.#conversation.restart();
    else this.#conversation.deliver(events);
    return other;
  }

  /**
   * The network or the page has changed: try now, or find out within `ms` whether the socket is still alive. However often
   * this is called, it leads to one socket at most.
   */
  wake(ms = ANSWER_WITHIN) {
    if (this.#phase === LIVE) this.#attempt.ping(Math.max(ms, 2 * this.#rtt));
    else if (this.#phase === WAITING) this.#retry();
    else if ((this.#phase === CONNECTING || this.#phase === ASKING) && this.#attempt.hangs(HANGS_AFTER)) this.#retry();
  }

  /** Somebody is tired of waiting: try now, whatever is under way. */
  tryNow() {
    if (![IDLE, LIVE, GONE].includes(this.#phase)) this.#retry();
  }

  // The state machine ----------

  #become(phase) {
    this.#phase = phase;
    const trying = this.#answer?.why === "refused" ? "refused" : this.#failures ? "reconnecting" : "connecting";
    const state = phase === LIVE || phase === GONE ? phase : trying;
    if (state === this.state) return;
    this.state = state;
    this.#on.state?.(state);
  }

  #newAttempt() {
    this.#attempt?.end();
    this.#conversation.pause();
    this.#attempt = new Attempt({
      timers: this.#timers,
      on: { message: (message) => this.#hear(message), lost: (code) => this.#lose(code) },
    });
    return this.#attempt;
  }

  #retry() {
    if (this.#options.ask && this.#unwelcome) this.#ask();
    else this.#connect();
  }

  async #ask() {
    const attempt = this.#newAttempt();
    attempt.expectAnswer(); // or it is lost, and the answer stays what it was
    this.#become(ASKING);
    const answer = await this.#options.ask(attempt.signal);
    if (attempt.signal.aborted) return; // too late
    this.#answer = answer;
    if (answer.why === "allowed") this.#connect();
    else this.#lose();
  }

  #connect() {
    const { url, WebSocket } = this.#options;
    this.#newAttempt().connect(url(...this.#conversation.since), WebSocket);
    this.#become(CONNECTING);
  }

  #welcome(message) {
    if (message.protocol > PROTOCOL) {
      this.close();
      return this.#on.outdated?.();
    }
    this.#attempt.welcome();
    if (message.version < this.version) return this.#lose(OTHER_LOG); // a server that does not know 4409
    this.#answer = null;
    this.#on.welcome?.(message);
    this.#become(LIVE);
    this.#conversation.begin(this.#attempt);
    return undefined;
  }

  #lose(code) {
    const { welcomedAt } = this.#attempt;
    this.#unwelcome = welcomedAt === null;
    if (welcomedAt !== null && this.#timers.now() - welcomedAt >= STEADY_AFTER) this.#failures = 0;
    this.#attempt.end();
    if (FINAL.has(code)) return this.#giveUp(code);
    const restarts = code === OTHER_LOG && this.version > 0;
    const wait = restarts ? 0 : backoff(this.#failures, this.#options.random);
    this.#failures++;
    this.#newAttempt().start("retry", wait, () => this.#retry());
    this.#become(WAITING);
    if (restarts) this.#conversation.restart();
    return this.#on.lost?.({ code, wait, ...this.#answer });
  }

  #giveUp(code) {
    this.#conversation.giveUp();
    this.#become(GONE);
    this.#on.gone?.(code);
  }

  #hear(message) {
    if (message.type === "welcome") return this.#welcome(message);
    if (message.type === "pong") return this.#measure(message);
    return this.#conversation.hear(message);
  }

  #measure({ t, server_time }) {
    this.#rtt = this.#timers.now() - t;
    this.#on.roundTrip?.(this.#rtt, server_time);
  }
}
