"""The pace of moves: each as soon as possible, or at times fixed in advance."""

import asyncio
from collections import deque
from time import monotonic_ns as now
from typing import Protocol

from tests.load.table import Table

TICK = 0.001
"""Time between two looks for moves that are due, in seconds. A move may be late by this, which counts."""


class Pace(Protocol):
    """Makes tables move."""

    def start(self, at: int) -> None:
        """Begin at `at`, by `time.monotonic_ns()`; tables may be ready before."""

    def ready(self, table: Table, at: int) -> None:
        """Called when `table` can move."""

    def stop(self) -> None:
        """Make no more moves."""

    def unmade(self, at: int) -> int:
        """The number of moves that were due by `at` and were not made."""


class FlatOut:
    """Closed loop: each table moves as soon as it can, and its latency is measured from then."""

    def __init__(self) -> None:
        self._running = False
        self._waiting: list[Table] = []

    def start(self, at: int) -> None:
        self._running = True
        for table in self._waiting:
            table.move(now())
        self._waiting.clear()

    def ready(self, table: Table, at: int) -> None:
        if self._running:
            table.move(at)
        else:
            self._waiting.append(table)

    def stop(self) -> None:
        self._running = False

    def unmade(self, at: int) -> int:
        return 0


class Schedule:
    """Open loop: `rate` moves a second, each at its time, by the table that has been ready longest.

    A latency is measured from the intended time. Where no table is ready because the server is behind, the
    moves that are due are made as tables become ready, and are late by that: a stall counts for every move
    that it delays (no coordinated omission).
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._start: int | None = None
        self._made = 0
        self._ready: deque[Table] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def intended(self, number: int) -> int:
        """The intended time of move `number`, from 0, by `time.monotonic_ns()`."""
        return (self._start or 0) + int(number * 1e9 / self._rate)

    def start(self, at: int) -> None:
        self._start = at
        self._tick()

    def ready(self, table: Table, at: int) -> None:
        self._ready.append(table)
        self.make_due(at)

    def make_due(self, at: int) -> None:
        """Make every move that is due at `at`, as far as tables are ready."""
        while self._start is not None and self._ready and (intended := self.intended(self._made)) <= at:
            table = self._ready.popleft()
            if not table.failed:  # the game failed while it waited
                self._made += 1
                table.move(intended)

    def stop(self) -> None:
        self._start = None
        if self._timer:
            self._timer.cancel()

    def unmade(self, at: int) -> int:
        return max(0, int((at - self._start) * self._rate / 1e9) - self._made) if self._start else 0

    def _tick(self) -> None:
        at = now()
        self.make_due(at)
        wait = (self.intended(self._made) - at) / 1e9
        self._timer = asyncio.get_running_loop().call_later(max(TICK, wait), self._tick)
