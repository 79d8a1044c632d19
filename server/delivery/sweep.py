"""Finds commits that no message told of, and games that the database no longer has as they were told."""

import asyncio
import contextlib

from server.delivery.hub import Hub
from server.errors import StoreUnavailable
from server.game.events import GameId
from server.metrics import GAMES_WATCHED, SWEEP_FOUND, Metrics
from server.store.event_store import Head

INTERVAL = 0.5
"""Time between two rounds, in seconds. A commit is found in the second round after it: within 1 s."""


class Sweep:
    """Asks the store whether the games watched here have more than was delivered, or other events.

    One query for all of them, and only for games that have stood still since the round before: where moves
    go on, the next one betrays a gap by itself, and a game in the middle of a move is not disturbed.
    """

    def __init__(self, hub: Hub, metrics: Metrics) -> None:
        self._hub, self._metrics = hub, metrics
        self._before: dict[GameId, Head] = {}

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            with contextlib.suppress(StoreUnavailable):
                await self.round()

    async def round(self) -> None:
        """Sweep once. Raises StoreUnavailable."""
        now = self._hub.heads()
        still = {game: head for game, head in now.items() if self._before.get(game) == head}
        self._before = now
        self._metrics.counts[GAMES_WATCHED] = len(now)
        self._metrics.counts[SWEEP_FOUND] += await self._hub.resync_moved(still)
