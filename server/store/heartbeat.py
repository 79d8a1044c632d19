"""The servers' heartbeat: a row that each writes every second, so that a time in which none did is known."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.errors import StoreUnavailable
from server.game.clock import Downtime
from server.store.read_models import Statements

INTERVAL = 1.0
"""Time between two beats of a server, in seconds."""
GAP = timedelta(seconds=3)
"""Time between two beats from which on there was a downtime."""
KEPT = timedelta(hours=3)
"""Age up to which a downtime is known to servers: longer than anybody thinks about a move with a clock."""

Beat = Callable[[], Awaitable[tuple[Downtime, ...]]]
"""Writes that this server is there, and returns the downtimes of late. Raises StoreUnavailable."""


def beat_of(database: Statements) -> Beat:
    """The heartbeat in `database`."""

    async def beat() -> tuple[Downtime, ...]:
        rows = await database.fetch("heartbeat", GAP, KEPT)
        return tuple(Downtime(row["began"], row["ended"]) for row in rows)

    return beat


class Heartbeat:
    """This server's beats, and the downtimes that it knows of."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat
        self.downtimes: tuple[Downtime, ...] = ()

    async def beat(self) -> None:
        """Write that this server is there. Where the database is away, that is a downtime."""
        with contextlib.suppress(StoreUnavailable):
            self.downtimes = await self._beat()

    async def learn(self) -> bool:
        """Beat, and return whether there was a downtime that was not known."""
        known = self.downtimes
        await self.beat()
        return self.downtimes != known

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(INTERVAL)
