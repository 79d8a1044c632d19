// Events as they come over the wire, and tables that have heard them.

import * as table from "../../static/game/table.js";

export const created = { type: "GameCreated", data: {} };
export const joined = (seat, name) => ({ type: "PlayerJoined", data: { seat, player: seat, name } });
export const started = { type: "GameStarted", data: { player_one: "yellow", player_two: "red" } };
export const move = (column, command_id) => ({ type: "MoveMade", data: { player: "?", column }, command_id });
export const finished = (result, by) => ({ type: "GameFinished", data: { result, by, cells: [] } });

export const waiting = [created, joined("yellow", "Ada")];
export const playing = [...waiting, joined("red", "Grace"), started];

/** These events with the versions that follow `after`, each made by a command of its own unless it says by which, a second apart. */
export const numbered = (events, after = 0) =>
  events.map((event, index) => {
    const version = after + index + 1;
    return { ...event, command_id: event.command_id ?? `c${version}`, version, recorded_at: `2026-01-01T00:00:${9 + version}Z` };
  });

/** The table of who sits at `seat` and has been told these events: all that was there when the page connected. */
export function told(events, seat = null) {
  const state = table.sit(table.welcome(table.begin(), { version: events.length }), seat);
  return table.take(state, numbered(events));
}

/** Then these events come as one commit. */
export const then = (state, ...events) => table.take(state, numbered(events, state.log.game.version));
