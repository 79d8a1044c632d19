"""Finds what no message told of: it was lost, its server died before it, or the database went back."""

import asyncio
import logging

from server.delivery.hub import Hub
from server.errors import StoreUnavailable
from server.game.events import GameId
from server.metrics import GAMES_WATCHED, SWEEP_FOUND, Metrics
from server.store.event_store import EventStore, Head, StreamId

logger = logging.getLogger(__name__)

INTERVAL = 0.5
"""How often it looks, in seconds. What was lost is found in the second round after it: within 1 s."""


class Sweep:
    """Asks the store, for the games watched here, whether what was given out is all there is, and there.

    One query for all of them, and only for games that have stood still since the round before: where moves
    go on, the next one betrays a gap by itself, and whoever is in the middle of one is not disturbed.
    """

    def __init__(self, store: EventStore, hub: Hub, metrics: Metrics) -> None:
        self._store, self._hub, self._metrics = store, hub, metrics
        self._before: dict[GameId, Head] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self.round()
            except StoreUnavailable:
                continue

    async def round(self) -> None:
        """Look once. Raises StoreUnavailable."""
        now = self._hub.heads()
        still = {StreamId(game): head for game, head in now.items() if self._before.get(game) == head}
        self._before = now
        self._metrics.counts[GAMES_WATCHED] = len(now)
        if not still:
            return
        for stream in await self._store.moved(still):
            self._metrics.counts[SWEEP_FOUND] += 1
            self._hub.resync(GameId(stream), upto=still[stream].version)
