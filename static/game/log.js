// A game's log, and the game as it was after each of its events. It never changes: more events make another log. No DOM.

import { evolve, initial, lastMove, other, winner } from "./game.js";

export class Log {
  /** The events, the one of version v at v - 1. */
  events;
  #games;

  constructor(events = [], games = [initial()]) {
    this.events = events;
    this.#games = games;
  }

  /** This log and the events that come next. */
  with(events) {
    const games = [...this.#games];
    for (const event of events) games.push(evolve(games.at(-1), event));
    return new Log([...this.events, ...events], games);
  }

  /** Whether it is the log `other` with none, or some, events more. */
  continues(other) {
    return other.events.every((event, index) => event === this.events[index]);
  }

  /** The game as it is. */
  get game() {
    return this.#games.at(-1);
  }

  /** The game as it was at `version`. */
  at(version) {
    return this.#games[version] ?? this.game;
  }

  /** The version at which the game began to be played, or undefined. */
  get start() {
    return this.events.find(({ type }) => type === "GameStarted")?.version;
  }

  /** Every move as `{ number, seat, column, row, version }`, or those after `version`; `number` from 1. Some may be taken back. */
  moves(after = 0) {
    return this.events
      .filter(({ type, version }) => type === "MoveMade" && version > after)
      .map(({ version }) => ({ number: this.at(version).moves.length, version, ...lastMove(this.at(version)) }));
  }

  /** The versions of the moves that stand on the board at `version`. */
  standing(version = this.game.version) {
    const moves = [];
    for (const { type, data, version: at } of this.events.slice(0, version)) {
      if (type === "MoveMade") moves.push(at);
      else if (type === "MovesTakenBack") moves.splice(-data.number);
    }
    return moves;
  }

  /** Whether the command with this id made an event. */
  has(command) {
    return this.events.some(({ command_id }) => command_id === command);
  }

  /** How many moves of the log `before` are not in this one, which is the same game after it went back. */
  lostOf(before) {
    const parted = before.events.findIndex(({ type, command_id }, index) => {
      const event = this.events[index];
      return event?.type !== type || event.command_id !== command_id;
    });
    return parted < 0 ? 0 : before.moves(parted).length;
  }

  /** The seat of the player whose command made `event`, or null. What one command made is one player's. */
  actor({ command_id, data: { by } }) {
    const { players } = this.game;
    if (by === "resignation") return other(winner(this.game));
    const made = this.events.filter((event) => event.command_id === command_id);
    const whose = made.map(({ data }) => data.player ?? data.created_by).filter(Boolean);
    return Object.keys(players).find((seat) => whose.includes(players[seat]?.player)) ?? null;
  }

  /** How long was played, in ms, from the start to the last event. A database whose clock was set back adds nothing. */
  get duration() {
    const times = this.events.slice((this.start ?? Infinity) - 1).map(({ recorded_at }) => Date.parse(recorded_at));
    return times.reduce((sum, time, index) => sum + Math.max(0, time - (times[index - 1] ?? time)), 0);
  }
}
