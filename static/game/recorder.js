// Where in a game's log one looks: live, or at a version of the past, by steps or played on. No DOM.

const STEP = 900; // ms from one position to the next at single speed

export const SPEEDS = [1, 2, 4, 0.5];

export class Recorder {
  speed = 1;
  playing = false;
  #at = null; // the version that is looked at; null is live
  #latest = 0;
  #left = 0; // the latest version when live was left
  #first = 1;
  #over = false;
  #timer;
  #timers;
  #changed;

  /** `changed({ forward })` is called when another version is to be shown; `forward` says it is the next one. */
  constructor({ changed, timers = globalThis }) {
    this.#changed = changed;
    this.#timers = timers;
  }

  get live() {
    return this.#at === null;
  }

  /** The version to show. */
  get version() {
    return this.#at ?? this.#latest;
  }

  /** The latest version when live was left: what came behind it is new to who looks at the past. */
  get left() {
    return this.live ? this.#latest : this.#left;
  }

  /** The log has come to `latest`, the game began at `first`, and may be over. Nobody is taken out of the past. */
  grow(latest, { first = 1, over = false } = {}) {
    this.#latest = latest;
    this.#first = first;
    this.#over = over;
  }

  /** Begin anew, live, with an empty log. */
  reset() {
    this.grow(0);
    this.toLive();
  }

  /** Look at `version`, or the nearest there is; live where that is the latest. */
  go(version) {
    this.#pause();
    this.#look(version);
  }

  /** Look at `version` and stay there, also where it is the latest of a game that goes on. */
  pin(version) {
    if (version !== this.#latest || this.#over) return this.go(version);
    this.#pause();
    this.#leave(version);
    return this.#changed({});
  }

  /** Look `by` versions further on, or back. */
  step(by) {
    this.go(this.version + by);
  }

  /** To where the game began, and from there to where the log does. */
  toFirst() {
    this.go(this.version > this.#first ? this.#first : 1);
  }

  toLive() {
    this.go(Infinity);
  }

  /** Play on from here, from the beginning where this is the end of a game that is over; or stop here. */
  toggle() {
    if (this.playing || (this.live && !this.#over)) {
      this.#pause();
      if (this.live) this.#leave(this.#latest);
      return this.#changed({});
    }
    if (this.live) this.#leave(this.#first);
    this.playing = true;
    this.#later();
    return this.#changed({});
  }

  /** The next of SPEEDS. */
  faster() {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length];
    if (this.playing) this.#later();
    this.#changed({});
  }

  #look(version) {
    const { version: before, live } = this;
    if (version >= this.#latest) this.#at = null;
    else this.#leave(Math.max(1, version));
    if (this.version !== before || this.live !== live) this.#changed({ forward: this.version === before + 1 });
  }

  #leave(at) {
    if (this.live) this.#left = this.#latest;
    this.#at = at;
  }

  #later() {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => {
      const next = this.version + 1;
      if (next >= this.#latest) this.playing = false;
      else this.#later();
      this.#look(next);
    }, STEP / this.speed);
  }

  #pause() {
    this.#timers.clearTimeout(this.#timer);
    this.playing = false;
  }
}
