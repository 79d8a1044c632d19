"""The parts of a run that everything in it shares: chance, the clock, the faults, and the trace."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

from tests.simulation import faults

T = TypeVar("T")

LATENCY = 0.003
"""Longest delay of a call or a message where nothing is wrong, in seconds."""
SLOW = 0.4
"""Longest delay of one that is slow, in seconds."""


class World:
    """One run. All chance in it comes from `rng`, so that the same seed is the same run."""

    def __init__(self, rng: Random, setting: faults.Setting, loop: asyncio.AbstractEventLoop) -> None:
        self.rng, self.setting, self.loop = rng, setting, loop
        self.faults = faults.NONE
        """The faults that can happen now."""
        self.last_fault = 0.0
        """The time at which the last fault, and everything it delayed, was over."""
        self.last_commit = 0.0
        """The time of the last commit."""
        self.playing = True
        """True while clients give commands."""
        self.over = False
        """True once servers and clients are to end."""
        self.went_back = False
        """True once the log has lost events."""
        self.trace: list[tuple[object, ...]] = []
        self.violations: list[str] = []
        self.crashed = False
        """True once any of the server's code has failed with an error."""
        self._number = 0

    def note(self, *entry: object) -> None:
        """Add an entry to the trace, with the time."""
        self.trace.append((self.loop.time(), *entry))

    def violate(self, promise: str) -> None:
        """Note that a promise was broken, as a sentence."""
        self.note("VIOLATION", promise)
        self.violations.append(promise)

    def crash(self, error: str) -> None:
        """Note that code of the server failed, which breaks the promise that it does not."""
        self.crashed = True
        self.violate(error)

    def new_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def new_number(self) -> int:
        self._number += 1
        return self._number

    def chance(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def fault_until(self, when: float) -> None:
        """Note that a fault has an effect until then."""
        self.last_fault = max(self.last_fault, when)

    def delay(self, slow: float) -> float:
        """The delay of one call or message, in seconds; with the probability `slow` it is a fault."""
        if self.chance(slow):
            delay = SLOW * self.rng.random()
            self.fault_until(self.loop.time() + 2 * delay)
            return delay
        return LATENCY * self.rng.random()


class Pipe(Generic[T]):
    """Carries items one way and in order, each with a delay of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[T], None]) -> None:
        self._loop, self._deliver = loop, deliver
        self._items: deque[T] = deque()
        self.arrived_by = 0.0
        """The time at which the last item arrives."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, delay: float, pace: float = 0.0) -> None:
        """Let `item` arrive in `delay` seconds, but at least `pace` seconds after the item before it."""
        self.arrived_by = max(self.arrived_by + pace, self._loop.time() + delay)
        self._items.append(item)
        self._loop.call_at(self.arrived_by, self._arrive)

    def cut(self, keep: int) -> None:
        """Drop all items on their way but the first `keep`."""
        while len(self._items) > keep:
            self._items.pop()

    def _arrive(self) -> None:
        if self._items:
            self._deliver(self._items.popleft())
