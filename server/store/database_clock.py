"""The database's clock as this process knows it: measured regularly, with a bound of the error.

Moments in the log are the database's, so whatever is compared with them has to be told in its time. Between
two measurements the process's own monotonic clock goes on from the last good one; the system's clock, which
somebody may set, counts for nothing.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from server.errors import StoreUnavailable
from server.store.read_models import Statements

INTERVAL = 10.0
"""Time from one measurement to the next, in seconds."""
ROUND_TRIPS = 3
"""Round trips of one measurement, of which the shortest counts."""
KEPT = 6
"""Number of measurements of which the best counts."""
DRIFT = 100e-6
"""Most that two clocks move apart, in seconds a second; clocks of computers stay below 50e-6 each."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Measurement(NamedTuple):
    """The database's time less this process's clock, at `measured_at` of that clock; all in seconds."""

    offset: float
    error: float
    """Half the round trip: the database's answer was given somewhere within it."""
    measured_at: float

    def error_at(self, now: float) -> float:
        """The bound of the error by `now`."""
        return self.error + DRIFT * (now - self.measured_at)


def time_of(database: Statements) -> Callable[[], Awaitable[datetime]]:
    """A function that asks for the time by which `database` records events. It raises StoreUnavailable."""

    async def read() -> datetime:
        [row] = await database.fetch("clock")
        time: datetime = row[0]
        return time

    return read


class DatabaseClock:
    """Tells the database's time. `read` asks for it; `monotonic` is this process's clock, in seconds.

    Before the first measurement it tells the system's time.
    """

    def __init__(
        self, read: Callable[[], Awaitable[datetime]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self.monotonic = read, monotonic
        self._measured: deque[Measurement] = deque(maxlen=KEPT)
        self._offset = time.time() - monotonic()

    def now(self) -> datetime:
        """The database's time."""
        return self.at(self.monotonic())

    def at(self, moment: float) -> datetime:
        """The database's time when `monotonic` said `moment`."""
        return _EPOCH + timedelta(seconds=self._offset + moment)

    def moment(self, at: datetime) -> float:
        """The time by `monotonic` that is `at` in the database's time, in seconds."""
        return (at - _EPOCH).total_seconds() - self._offset

    @property
    def error(self) -> float | None:
        """The bound of the error, in seconds; None before the first measurement."""
        now = self.monotonic()
        return min((measured.error_at(now) for measured in self._measured), default=None)

    async def measure(self) -> None:
        """Ask the database for the time. Raises StoreUnavailable."""
        self._measured.append(min([await self._ask() for _ in range(ROUND_TRIPS)], key=lambda it: it.error))
        now = self.monotonic()
        self._offset = min(self._measured, key=lambda measured: measured.error_at(now)).offset

    async def _ask(self) -> Measurement:
        asked = self.monotonic()
        told = await self._read()
        answered = self.monotonic()
        middle = (asked + answered) / 2
        return Measurement((told - _EPOCH).total_seconds() - middle, (answered - asked) / 2, answered)

    async def run(self) -> None:
        """Measure regularly, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            with contextlib.suppress(StoreUnavailable):  # it goes on from the last
                await self.measure()
