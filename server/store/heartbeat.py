"""The servers' heartbeat: a row that each writes every second, so that a time in which none did is known."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from server.errors import StoreUnavailable
from server.game.clock import Downtime
from server.store.read_models import Statements

INTERVAL = 1.0
"""Time between two beats of a server, in seconds."""
GAP = timedelta(seconds=3)
"""Time between two beats from which on there was a downtime."""
_GAP = GAP.total_seconds()
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
    """This server's beats, and the downtimes that it knows of. `monotonic` is its clock, in seconds."""

    def __init__(self, beat: Beat, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._beat, self._monotonic = beat, monotonic
        self._last = float("-inf")
        self.downtimes: tuple[Downtime, ...] = ()

    async def beat(self) -> None:
        """Write that this server is there. Where the database is away, that is a downtime."""
        with contextlib.suppress(StoreUnavailable):
            await self.ask()

    async def ask(self) -> None:
        """Beat, and know every downtime that has ended by now. Raises StoreUnavailable."""
        asked = self._monotonic()
        downtimes = await self._beat()
        if asked >= self._last:  # else a later beat was answered first
            self._last, self.downtimes = asked, downtimes

    def knows(self, moment: float) -> bool:
        """True if every downtime that had ended at that moment of `monotonic` is known: one of which the last
        beat here did not tell began after it, and lasts for longer than GAP."""
        return moment - self._last < _GAP

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
