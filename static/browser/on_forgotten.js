// A page that shows names hears who was forgotten, while it is open.

import { SOCKETS } from "../wire/base.js";
import { LobbyConnection } from "../wire/lobby.js";

/** Have `told(player)` called for everybody who is forgotten from now on. What is missed is found by the page's next look. */
export function onForgotten(told) {
  const connection = new LobbyConnection({
    url: `${SOCKETS}ws/lobby?only=forgotten`,
    on: { forgotten: ({ player }) => told(player), lost: () => {} },
  });
  addEventListener("pagehide", () => connection.close()); // a page with an open socket is not kept for coming back
  addEventListener("pageshow", () => connection.open());
  connection.open();
}
