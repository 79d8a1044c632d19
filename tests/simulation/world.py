"""What everything in a simulated world shares: the seed, the clock, the faults, and what has been seen."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

from tests.simulation import faults
from tests.simulation.loop import VirtualLoop

T = TypeVar("T")

LATENCY = 0.003
"""How long anything takes on its way at most where nothing is wrong, in seconds."""
SLOW = 0.4
"""How long it may take where something is, in seconds."""


class World:
    """One run's own. All chance in it comes from `rng`."""

    def __init__(self, rng: Random, setting: faults.Setting) -> None:
        self.rng = rng
        self.setting = setting
        self.loop = VirtualLoop(rng, shuffle=setting.shuffle)
        self.faults = faults.NONE
        """Those that can happen now."""
        self.last_fault = 0.0
        """When the last fault, and what it delayed, was over."""
        self.playing = True
        """Whether clients still give commands."""
        self.over = False
        """Whether all is said, and servers and clients end."""
        self.trace: list[tuple[object, ...]] = []
        self.violations: list[str] = []
        self._number = 0

    def note(self, *what: object) -> None:
        self.trace.append((self.loop.time(), *what))

    def violate(self, what: str) -> None:
        """A promise was broken."""
        self.note("VIOLATION", what)
        self.violations.append(what)

    def new_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def new_number(self) -> int:
        self._number += 1
        return self._number

    def chance(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def fault_until(self, when: float) -> None:
        """What is injected now has an effect until then."""
        self.last_fault = max(self.last_fault, when)

    def delay(self, slow: float) -> float:
        """How long something takes on its way, in seconds; with the chance `slow`, far too long."""
        if self.chance(slow):
            delay = SLOW * self.rng.random()
            self.fault_until(self.loop.time() + 2 * delay)
            return delay
        return LATENCY * self.rng.random()


class Pipe(Generic[T]):
    """Carries things one way, in order, each in its own time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[T], None]) -> None:
        self._loop, self._deliver = loop, deliver
        self._items: deque[T] = deque()
        self.arrived_by = 0.0
        """When the last thing put in comes out."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, delay: float, pace: float = 0.0) -> None:
        """Let `item` arrive in `delay` seconds, and `pace` seconds behind the one before at the earliest."""
        self.arrived_by = max(self.arrived_by + pace, self._loop.time() + delay)
        self._items.append(item)
        self._loop.call_at(self.arrived_by, self._arrive)

    def cut(self, keep: int) -> None:
        """Lose all but the first `keep` of what is on its way."""
        while len(self._items) > keep:
            self._items.pop()

    def _arrive(self) -> None:
        if self._items:
            self._deliver(self._items.popleft())
