// A connection under test, and the frames that its server says.

import { Connection } from "../../static/wire/connection.js";
import { FakeTimers, fakeSockets } from "./fakes.mjs";

/** A connection that was opened on a fake socket, with all that it has told in `heard`. */
export function connected({ token = null, ask, seen } = {}) {
  const WebSocket = fakeSockets();
  const timers = new FakeTimers();
  const heard = { states: [], versions: [], seated: [], accepted: [], rejected: [], presence: [], gone: [], lost: [], restarts: [], outdated: 0 };
  let ids = 0;
  const connection = new Connection({
    url: (after, last) => `ws://test/ws/games/g?after=${after}${last ? `&last=${last}` : ""}`,
    ask,
    seen,
    on: {
      state: (state) => heard.states.push(state),
      events: (events) => heard.versions.push(...events.map(({ version }) => version)),
      seated: (seat) => heard.seated.push(seat),
      accepted: (message) => heard.accepted.push(message.id),
      rejected: (message) => heard.rejected.push(message.code),
      presence: (message) => heard.presence.push(message.spectators),
      restart: (commands) => heard.restarts.push(commands.map(({ id }) => id)),
      outdated: () => heard.outdated++,
      lost: ({ why }) => heard.lost.push(why),
      gone: (code) => heard.gone.push(code),
    },
    WebSocket,
    timers,
    random: () => 1,
    newId: () => `id-${++ids}`,
  });
  connection.authenticate(token);
  connection.open();
  return { connection, WebSocket, timers, heard };
}

export const welcome = { type: "welcome", protocol: 1, game: "g", version: 0, server_time: "2026-01-01T00:00:00Z" };
export const seated = { type: "seated", seat: "yellow" };
export const events = (...versions) => ({ type: "events", events: versions.map((version) => ({ version, type: "MoveMade", data: {}, command_id: `c${version}` })) });

/** What a socket was sent of this type. */
export const ofType = (socket, type) => socket.sent.filter((message) => message.type === type);
