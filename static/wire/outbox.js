// The commands that have no answer yet, kept so that they can be sent again with the same id.

import { uuid } from "./ids.js";

export class Outbox {
  #commands = new Map();
  #newId;

  constructor({ newId = uuid } = {}) {
    this.#newId = newId;
  }

  /** Keep `command` until it is settled; returns it as it goes over the wire, with its new id. */
  add(command) {
    const message = { ...command, id: this.#newId() };
    this.#commands.set(message.id, message);
    return message;
  }

  /** The command with this id has its answer. False where it was not waiting for one. */
  settle(id) {
    return this.#commands.delete(id);
  }

  /** Give up what waits; returns it. */
  clear() {
    const { waiting } = this;
    this.#commands.clear();
    return waiting;
  }

  /** What still waits for an answer, oldest first. */
  get waiting() {
    return [...this.#commands.values()];
  }
}
