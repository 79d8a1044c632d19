// What is said and heard on the socket of a game, whichever socket that is: every event once and in order, and each command
// until it is answered. No DOM.

import { FIRST, backoff } from "./backoff.js";
import { crc32 } from "./crc32.js";
import { Outbox } from "./outbox.js";

const NOT_NOW = new Set(["unavailable", "rate_limited"]); // refusals that are not final

export class Conversation {
  /** The last version delivered. */
  version = 0;

  #last = null; // the command id of the last event delivered
  #history = 0; // the CRC-32 of those of all events delivered
  #attempt = null; // while it is live
  #token = null;
  #refusals = 0; // in a row, of those that are not final
  #outbox;
  #random;
  #broken;
  #on;

  /**
   * `seen` are the events that the page has already; `on` is as in connection.js, and `broken()` is called where only
   * another socket helps.
   */
  constructor({ on, broken, seen = [], random, newId }) {
    this.#on = on;
    this.#broken = broken;
    this.#random = random;
    this.#outbox = new Outbox({ newId });
    seen.forEach((event) => this.#passed(event));
  }

  /** What to ask a new socket for: the last version, its command's id, and the CRC-32 of the ids up to there. */
  get since() {
    return [this.version, this.#last, this.#history];
  }

  /** The socket of `attempt` is live. */
  begin(attempt) {
    this.#attempt = attempt;
    this.#introduce();
  }

  /** It is not any more. */
  pause() {
    this.#attempt = null;
  }

  /** Take the seat of `token`, now and on each socket; null is for watching. */
  authenticate(token) {
    this.#token = token;
    if (!this.#attempt) return;
    this.#attempt.seated = false;
    this.#introduce();
  }

  /** Send a command, and send it again on each new socket until it is answered. Returns its id. */
  send(command) {
    const message = this.#outbox.add(command);
    this.#attempt?.send(message);
    return message.id;
  }

  /** Nothing will be answered: there is no such seat, or no such game. */
  giveUp() {
    this.pause();
    this.#outbox.clear();
  }

  /**
   * The log is another one than was told, and comes from its beginning. What waits for an answer was decided on a history
   * that is lost: on another one it would be another move.
   */
  restart() {
    this.version = 0;
    this.#last = null;
    this.#history = 0;
    this.#on.restart?.(this.#outbox.clear());
  }

  hear(message) {
    switch (message.type) {
      case "events":
        return this.deliver(message.events);
      case "seated":
        this.#attempt.seated = true;
        return this.#on.seated?.(message.seat);
      case "accepted":
      case "rejected":
        return this.#settle(message);
      case "presence":
      case "forgotten":
        return this.#on[message.type]?.(message);
      default:
        return undefined; // a newer server may know more types
    }
  }

  /** `events` have come, over the socket or another way. */
  deliver(events) {
    const fresh = [];
    let gap = false;
    for (const event of events) {
      if (event.version <= this.version) continue;
      gap = event.version > this.version + 1;
      if (gap) break;
      this.#passed(event);
      this.#outbox.settle(event.command_id);
      fresh.push(event);
    }
    if (fresh.length) this.#on.events?.(fresh);
    if (gap && this.#attempt) this.#broken();
  }

  #passed({ version, command_id }) {
    this.version = version;
    this.#last = command_id ?? null;
    this.#history = crc32(command_id ?? "", this.#history);
  }

  // Answers come in order, so commands need not wait for the seat: that saves a way there and back.
  #introduce() {
    if (this.#awaitsSeat) this.#attempt.send({ type: "authenticate", token: this.#token });
    this.#outbox.waiting.forEach((message) => this.#attempt.send(message));
  }

  get #awaitsSeat() {
    return this.#token && !this.#attempt.seated;
  }

  #settle(message) {
    const known = this.#outbox.waiting.some(({ id }) => id === message.id);
    if (NOT_NOW.has(message.code)) return this.#delay(message, known);
    // The seat was refused for now, and this socket goes on refusing what it refused once.
    if (known && message.code === "not_seated" && this.#awaitsSeat) return this.#broken();
    this.#refusals = 0;
    // An answer to what was settled before, by its event or by an earlier answer, is no news.
    if (this.#outbox.settle(message.id)) this.#on[message.type]?.(message);
    return undefined;
  }

  // Either it is not known whether the command was carried out, or nobody looked at it: the same id finds out.
  #delay(message, known) {
    if (!known && (message.id || !this.#awaitsSeat)) return;
    if (known) this.#on.delayed?.(message);
    this.#attempt.start("again", FIRST + backoff(this.#refusals++, this.#random), () => this.#introduce());
  }
}
