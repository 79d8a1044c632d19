// Sounds, made here: a disc that drops, a turn that comes, a game that ends.

import { storage } from "../browser/storage.js";

const KEY = "connect4.muted";

// Of each note: its pitch in Hz, when it begins and how long it is heard, in s.
const SOUNDS = {
  drop: [[150, 0, 0.12]],
  turn: [[523, 0.05, 0.12], [784, 0.16, 0.2]],
  offer: [[659, 0.05, 0.12], [659, 0.22, 0.2]],
  low: [[880, 0, 0.08], [880, 0.14, 0.08], [880, 0.28, 0.08]],
  won: [[523, 0.1, 0.15], [659, 0.24, 0.15], [784, 0.38, 0.15], [1047, 0.52, 0.4]],
  over: [[392, 0.1, 0.2], [330, 0.3, 0.4]],
};

export class Sound {
  #storage = storage("localStorage");
  #context = null;

  get muted() {
    return this.#storage.getItem(KEY) === "yes";
  }

  set muted(muted) {
    this.#storage.setItem(KEY, muted ? "yes" : "no");
  }

  /** Play one of SOUNDS, unless it is muted or the browser does not want a page to be heard yet. */
  play(name) {
    if (this.muted || !navigator.userActivation?.hasBeenActive || !globalThis.AudioContext) return;
    if (this.#context?.state === "suspended") return void this.#context.resume(); // too late for this one
    this.#context ??= new AudioContext();
    for (const [pitch, after, length] of SOUNDS[name]) this.#note(pitch, this.#context.currentTime + after, length);
  }

  #note(pitch, start, length) {
    const tone = new OscillatorNode(this.#context, { type: "triangle", frequency: pitch });
    const volume = new GainNode(this.#context, { gain: 0 });
    volume.gain.setTargetAtTime(0.25, start, 0.01);
    volume.gain.setTargetAtTime(0, start + length / 2, length / 5);
    tone.connect(volume).connect(this.#context.destination);
    tone.start(start);
    tone.stop(start + 2 * length);
  }
}
