// The socket of one game, kept up for ever: it delivers every event once and in order. No DOM.

import { FIRST, backoff } from "./backoff.js";
import { Outbox } from "./outbox.js";

export const NO_SUCH_GAME = 4404;
export const BAD_TOKEN = 4401;
const FINAL = new Set([NO_SUCH_GAME, BAD_TOKEN]);
const NOT_NOW = new Set(["unavailable", "rate_limited"]); // refusals that are not the last word

const FIRST_PING = 1_000; // ms; soon it is known how far the server is
const PING_EVERY = 10_000; // ms
const ANSWER_WITHIN = 15_000; // ms; with the ping before it, 25 s of silence end a connection
const STEADY_AFTER = 5_000; // ms; a connection that lived so long starts the backoff afresh

const systemTimers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
};

export class Connection {
  /** "connecting", "live", "reconnecting", or "gone" when no retry can help. */
  state = "connecting";
  /** The last version delivered. */
  version = 0;

  #socket = null;
  #token = null;
  #ready = false; // may commands be sent: welcomed, and seated where there is a token
  #welcomed = false;
  #liveSince = 0;
  #attempt = 0;
  #refusals = 0; // in a row, of those that are not the last word
  #timers;
  #running = {}; // timers by name
  #options;
  #on;
  #outbox;

  /**
   * @param {object} options
   * @param {(after: number) => string} options.url where to connect, having had the events up to `after`
   * @param {object} options.on what to call, each of them optional: `state(state)`, `welcome(message)`,
   *   `events(events)` with what is new of one commit, `seated(seat)`, `accepted(message)`, `rejected(message)`,
   *   `delayed(message)` where a command was refused for now and is sent again, `presence(message)`,
   *   `restart()` where the game is shorter than what was had of it, and comes again from its beginning,
   *   `clock(time, rtt)` with what the server's clock said in the middle of `rtt` ms that end now,
   *   `lost(code, ms)` with how long until the next attempt, and `gone(code)` after a final close
   */
  constructor({ url, on, WebSocket = globalThis.WebSocket, timers = systemTimers, random = Math.random, newId }) {
    this.#options = { url, WebSocket, random };
    this.#on = on;
    this.#timers = timers;
    this.#outbox = new Outbox({ newId });
  }

  /** Connect, at first or again after `gone`. */
  open() {
    this.#become("connecting");
    this.#connect();
  }

  /** Take the seat of `token`, now and after each reconnect; null is for watching. */
  authenticate(token) {
    this.#token = token;
    this.#ready = false;
    if (this.#welcomed) this.#introduce();
  }

  /** Send a command, and send it again after each reconnect until it is answered. Returns its id. */
  send(command) {
    const message = this.#outbox.add(command);
    if (this.#ready) this.#transmit(message);
    return message.id;
  }

  /** The network or the page has changed: do not wait for the backoff, and find out in `ms` whether the socket lives. */
  wake(ms = ANSWER_WITHIN) {
    if (ms < ANSWER_WITHIN) this.#stop("silence");
    if (this.#welcomed) this.#ping(ms);
    else if (this.#socket || "retry" in this.#running) this.#connect();
  }

  #connect() {
    this.#stop("retry");
    this.#socket?.close(); // an attempt that was begun before the network was back may hang
    const socket = new this.#options.WebSocket(this.#options.url(this.version));
    this.#socket = socket;
    // A socket that was given up may still speak; nobody listens to it any more.
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#lose(code);
    this.#expectAnswer();
  }

  #hear(message) {
    this.#stop("silence");
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "events":
        return this.#deliver(message.events);
      case "seated":
        this.#flush();
        return this.#on.seated?.(message.seat);
      case "accepted":
      case "rejected":
        if (NOT_NOW.has(message.code)) return this.#delay(message);
        this.#refusals = 0;
        // An answer to what was settled before, by its event or by an earlier answer, is no news.
        if (this.#outbox.settle(message.id)) this.#on[message.type]?.(message);
        return undefined;
      case "presence":
        return this.#on.presence?.(message);
      case "pong":
        return this.#on.clock?.(message.server_time, this.#timers.now() - message.t);
      default:
        return undefined; // a newer server may know more types
    }
  }

  #welcome(message) {
    if (message.version < this.version) {
      this.version = 0;
      this.#on.restart?.();
      return this.#drop();
    }
    this.#welcomed = true;
    this.#liveSince = this.#timers.now();
    this.#on.welcome?.(message);
    this.#become("live");
    this.#introduce();
    this.#pingLater(FIRST_PING);
  }

  #introduce() {
    if (this.#token) this.#transmit({ type: "authenticate", token: this.#token });
    else this.#flush();
  }

  #flush() {
    this.#ready = true;
    this.#outbox.waiting.forEach((message) => this.#transmit(message));
  }

  // Whether it was carried out is not known, or it was not looked at: the same id finds out.
  #delay(message) {
    const known = this.#outbox.waiting.some(({ id }) => id === message.id);
    if (this.#ready && !known) return;
    if (known) this.#on.delayed?.(message);
    const wait = FIRST + backoff(this.#refusals++, this.#options.random);
    this.#start("again", wait, () => (this.#ready ? this.#flush() : this.#introduce()));
  }

  #deliver(events) {
    const fresh = [];
    let gap = false;
    for (const event of events) {
      if (event.version <= this.version) continue;
      gap = event.version > this.version + 1;
      if (gap) break;
      this.version = event.version;
      this.#outbox.settle(event.command_id);
      fresh.push(event);
    }
    if (fresh.length) this.#on.events?.(fresh);
    if (gap) this.#drop();
  }

  #ping(ms) {
    this.#transmit({ type: "ping", t: this.#timers.now() });
    this.#expectAnswer(ms);
    this.#pingLater();
  }

  #pingLater(ms = PING_EVERY) {
    this.#start("ping", ms, () => this.#ping());
  }

  // Counted from a ping, not from the last frame: the timers of a hidden page run once a minute, and by then
  // a quiet game has long been silent without anything being wrong.
  #expectAnswer(ms = ANSWER_WITHIN) {
    if (!this.#running.silence) this.#start("silence", ms, () => this.#drop());
  }

  #drop() {
    const socket = this.#socket;
    this.#lose();
    socket.close();
  }

  #lose(code) {
    if (this.#welcomed && this.#timers.now() - this.#liveSince >= STEADY_AFTER) this.#attempt = 0;
    this.#socket = null;
    this.#welcomed = this.#ready = false;
    this.#stop("ping");
    this.#stop("silence");
    this.#stop("again");
    if (FINAL.has(code)) {
      this.#outbox.clear(); // they were for a seat or a game that is not there
      this.#become("gone");
      this.#on.gone?.(code);
      return;
    }
    const wait = backoff(this.#attempt++, this.#options.random);
    this.#become("reconnecting");
    this.#on.lost?.(code, wait);
    this.#start("retry", wait, () => this.#connect());
  }

  #transmit(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#on.state?.(state);
  }

  #start(name, ms, run) {
    this.#stop(name);
    this.#running[name] = this.#timers.setTimeout(() => {
      delete this.#running[name];
      run();
    }, ms);
  }

  #stop(name) {
    if (!(name in this.#running)) return;
    this.#timers.clearTimeout(this.#running[name]);
    delete this.#running[name];
  }
}
