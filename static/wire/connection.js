// The socket of one game, kept up for ever: it delivers every event once and in order. No DOM.

import { ANSWER_WITHIN, Attempt } from "./attempt.js";
import { FIRST, backoff } from "./backoff.js";
import { Outbox } from "./outbox.js";

export const NO_SUCH_GAME = 4404;
export const BAD_TOKEN = 4401;
const PROTOCOL = 2; // of the wire, the newest that this page knows
const OTHER_LOG = 4409; // the log has not the event that the page came back with
const FINAL = new Set([NO_SUCH_GAME, BAD_TOKEN]);
const NOT_NOW = new Set(["unavailable", "rate_limited"]); // refusals that are not final

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
  /** The last version delivered. */
  version = 0;

  #phase = IDLE;
  #attempt = null;
  #unwelcome = false; // whether the last attempt failed before its welcome
  #failures = 0; // attempts in a row that did not lead to a steady connection
  #answer = null; // what `ask` found out since the connection was live
  #refusals = 0; // in a row, of those that are not final
  #last = null; // the command id of the last event delivered
  #token = null;
  #rtt = 0; // to the server and back, in ms
  #timers;
  #options;
  #on;
  #outbox;

  /**
   * @param {object} options
   * @param {(after: number, last: string | null) => string} options.url where to connect, having had the events up to
   *   `after`, the last of them made by the command `last`
   * @param {(signal: AbortSignal) => Promise<{ why: string, detail?: string }>} [options.ask] finds out by HTTP why a socket
   *   failed before its welcome, see origin.js
   * @param {object} options.on what to call, each of them optional: `state(state)`, `welcome(message)`,
   *   `events(events)` with what is new of one commit, `seated(seat)`, `accepted(message)`, `rejected(message)`,
   *   `delayed(message)` where a command was refused for now and is sent again, `presence(message)`,
   *   `restart(commands)` where the server's log is not the one that was told, and comes again from its beginning;
   *   `commands` had no answer yet and are not sent again,
   *   `roundTrip(ms)` with how long a message and its answer took,
   *   `lost({ code, wait, why, detail })` with the ms until the next attempt and what `ask` said, `outdated()` where the server speaks a newer protocol, and
   *   `gone(code)` after a final close
   */
  constructor({ url, ask = null, on, WebSocket = globalThis.WebSocket, timers = systemTimers, random = Math.random, newId }) {
    this.#options = { url, ask, WebSocket, random };
    this.#on = on;
    this.#timers = timers;
    this.#outbox = new Outbox({ newId });
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
    this.#become(GONE);
  }

  /** Take the seat of `token`, now and after each reconnect; null is for watching. */
  authenticate(token) {
    this.#token = token;
    if (this.#phase !== LIVE) return;
    this.#attempt.seated = false;
    this.#introduce();
  }

  /** Send a command, and send it again after each reconnect until it is answered. Returns its id. */
  send(command) {
    const message = this.#outbox.add(command);
    if (this.#phase === LIVE) this.#attempt.send(message);
    return message.id;
  }

  /**
   * The network or the page has changed, or somebody is tired of waiting: try now, or find out within `ms` whether the
   * socket is still alive. However often this is called, it leads to one socket at most.
   */
  wake(ms = ANSWER_WITHIN) {
    if (this.#phase === LIVE) this.#attempt.ping(Math.max(ms, 2 * this.#rtt));
    else if (this.#phase === WAITING) this.#retry();
    else if ((this.#phase === CONNECTING || this.#phase === ASKING) && this.#attempt.hangs(HANGS_AFTER)) this.#retry();
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
    this.#newAttempt().connect(url(this.version, this.#last), WebSocket);
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
    this.#introduce();
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
    if (restarts) this.#restart();
    return this.#on.lost?.({ code, wait, ...this.#answer });
  }

  #giveUp(code) {
    this.#outbox.clear(); // they were for a seat or a game that is not there
    this.#become(GONE);
    this.#on.gone?.(code);
  }

  // What waits for an answer was decided on a history that is lost: on another one it would be another move.
  #restart() {
    this.version = 0;
    this.#last = null;
    this.#on.restart?.(this.#outbox.clear());
  }

  // What is said and heard ----------

  #hear(message) {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "events":
        return this.#deliver(message.events);
      case "seated":
        this.#attempt.seated = true;
        return this.#on.seated?.(message.seat);
      case "accepted":
      case "rejected":
        return this.#settle(message);
      case "presence":
        return this.#on.presence?.(message);
      case "pong":
        return this.#measure(message);
      default:
        return undefined; // a newer server may know more types
    }
  }

  #measure({ t }) {
    this.#rtt = this.#timers.now() - t;
    this.#on.roundTrip?.(this.#rtt);
  }

  // Answers come in order, so commands need not wait for the seat: that saves a way there and back.
  #introduce() {
    if (this.#token && !this.#attempt.seated) this.#attempt.send({ type: "authenticate", token: this.#token });
    this.#outbox.waiting.forEach((message) => this.#attempt.send(message));
  }

  #settle(message) {
    const known = this.#outbox.waiting.some(({ id }) => id === message.id);
    if (NOT_NOW.has(message.code)) return this.#delay(message, known);
    // The seat was refused for now, and this socket goes on refusing what it refused once.
    if (known && message.code === "not_seated" && this.#token && !this.#attempt.seated) return this.#lose();
    this.#refusals = 0;
    // An answer to what was settled before, by its event or by an earlier answer, is no news.
    if (this.#outbox.settle(message.id)) this.#on[message.type]?.(message);
    return undefined;
  }

  // Either it is not known whether the command was carried out, or nobody looked at it: the same id finds out.
  #delay(message, known) {
    const refusedSeat = !message.id && this.#token && !this.#attempt.seated;
    if (!known && !refusedSeat) return;
    if (known) this.#on.delayed?.(message);
    const wait = FIRST + backoff(this.#refusals++, this.#options.random);
    this.#attempt.start("again", wait, () => this.#introduce());
  }

  #deliver(events) {
    const fresh = [];
    let gap = false;
    for (const event of events) {
      if (event.version <= this.version) continue;
      gap = event.version > this.version + 1;
      if (gap) break;
      this.version = event.version;
      this.#last = event.command_id ?? null;
      this.#outbox.settle(event.command_id);
      fresh.push(event);
    }
    if (fresh.length) this.#on.events?.(fresh);
    if (gap && this.#phase === LIVE) this.#lose();
  }
}
