// The commands that have no answer yet, kept so that they can be sent again with the same id.

/** A random UUID. Pages on plain http have no crypto.randomUUID, except on localhost. */
export function uuid(crypto = globalThis.crypto) {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4, RFC 9562 section 5.4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // its variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

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
