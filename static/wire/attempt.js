// One attempt to be connected: its socket, its heartbeat and its timers, which all end together. No DOM.

const FIRST_PING = 1_000; // ms; the page soon learns how far away the server is
const PING_EVERY = 10_000; // ms
export const ANSWER_WITHIN = 15_000; // ms; with the ping before it, 25 s of silence end a connection

export class Attempt {
  /** When its socket was asked for, in ms of `timers.now()`. */
  since = null;
  /** When the server said welcome, in the same clock; null before. */
  welcomedAt = null;
  /** Whether the server has said which seat the token is for. */
  seated = false;

  #over = new AbortController();
  #socket = null;
  #running = {}; // timers by name
  #timers;
  #on;

  /** `on.message(message)` is called for each frame, `on.lost(code)` when the socket is closed, or silent: then `code` is undefined. */
  constructor({ timers, on }) {
    this.#timers = timers;
    this.#on = on;
  }

  /** An AbortSignal that fires when the attempt ends. */
  get signal() {
    return this.#over.signal;
  }

  get welcomed() {
    return this.welcomedAt !== null;
  }

  /** Whether it has been trying for longer than `ms` without a welcome. */
  hangs(ms) {
    return !this.welcomed && this.#timers.now() - this.since >= ms;
  }

  /** Something was asked of the server: without an answer within `ms` the attempt is lost. */
  expectAnswer(ms = ANSWER_WITHIN) {
    this.since ??= this.#timers.now();
    if (!this.#running.silence) this.start("silence", ms, () => this.#lose());
  }

  /** The server has answered. */
  answered() {
    this.stop("silence");
  }

  /** Open a socket to `url`. */
  connect(url, WebSocket) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.answered();
      this.#on.message(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.#lose(code);
    this.expectAnswer();
  }

  /** The server has said welcome: from now on it is pinged. */
  welcome() {
    this.welcomedAt = this.#timers.now();
    this.#pingAfter(FIRST_PING);
  }

  /** Find out within `ms` whether the server is still there. */
  ping(ms = ANSWER_WITHIN) {
    this.send({ type: "ping", t: this.#timers.now() });
    if (ms < ANSWER_WITHIN) this.stop("silence");
    // Counted from a ping, not from the last frame: the timers of a hidden page run once a minute, and by then
    // a quiet game has long been silent without anything being wrong.
    this.expectAnswer(ms);
    this.#pingAfter(PING_EVERY);
  }

  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  /** Run `run` in `ms`, unless the attempt has ended by then; a timer of the same name is replaced. */
  start(name, ms, run) {
    this.stop(name);
    this.#running[name] = this.#timers.setTimeout(() => {
      delete this.#running[name];
      run();
    }, ms);
  }

  stop(name) {
    if (!(name in this.#running)) return;
    this.#timers.clearTimeout(this.#running[name]);
    delete this.#running[name];
  }

  /** Stop everything: no timer runs and nothing is called from now on. */
  end() {
    Object.keys(this.#running).forEach((name) => this.stop(name));
    this.#over.abort();
    if (!this.#socket) return;
    this.#socket.onmessage = this.#socket.onclose = null; // a closed socket may still deliver what had arrived
    this.#socket.close();
  }

  #pingAfter(ms) {
    this.start("ping", ms, () => this.ping());
  }

  #lose(code) {
    this.end();
    this.#on.lost(code);
  }
}
