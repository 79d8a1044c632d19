// What the pure modules are given in tests in place of a browser.

/** Timers that run when the test says so. */
export class FakeTimers {
  #now = 0;
  #next = 1;
  #due = new Map();

  setTimeout(run, ms) {
    this.#due.set(this.#next, { run, at: this.#now + ms });
    return this.#next++;
  }

  clearTimeout(timer) {
    this.#due.delete(timer);
  }

  now() {
    return this.#now;
  }

  /** Let `ms` milliseconds pass, running what falls due, in order. */
  pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#due].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      const [timer, { run, at }] = next;
      this.#due.delete(timer);
      this.#now = at;
      run();
    }
    this.#now = end;
  }
}

/** A WebSocket without a network: the test plays the server. `FakeSocket.all` holds every one that was made. */
export function fakeSockets() {
  return class FakeSocket {
    static all = [];
    static get last() {
      return this.all.at(-1);
    }

    sent = [];
    closed = false;

    constructor(url) {
      this.url = url;
      FakeSocket.all.push(this);
    }

    send(text) {
      if (this.closed) throw new Error("sent on a closed socket");
      this.sent.push(JSON.parse(text));
    }

    close() {
      this.closed = true;
    }

    /** The server says `message`. */
    say(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }

    /** The connection is lost, or closed by the server with `code`. */
    end(code = 1006) {
      this.closed = true;
      this.onclose?.({ code });
    }
  };
}

/** A localStorage or sessionStorage of one's own. */
export function fakeStorage() {
  const items = new Map();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => Boolean(items.set(key, String(value))),
    removeItem: (key) => void items.delete(key),
  };
}

/** What a tab's history entry keeps. */
export function fakeEntry() {
  const items = new Map();
  return { fromEntry: (key) => items.get(key), keepInEntry: (key, value) => void items.set(key, value) };
}

/** Channels that hear each other at once, as the tabs of one browser do. */
export function fakeBroadcast() {
  const channels = [];
  return () => {
    const channel = {
      postMessage: (data) =>
        channels.filter((other) => other !== channel).forEach((other) => other.onmessage?.({ data })),
    };
    channels.push(channel);
    return channel;
  };
}
