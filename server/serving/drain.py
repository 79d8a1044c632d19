"""Draining: a server that ends accepts nothing more, finishes what was begun, and lets its sockets go."""

import asyncio
import contextlib
import random
from collections.abc import Callable

SPREAD = 0.5
"""Over how long the sockets are let go, in seconds, so that they do not all go elsewhere at once."""
TIMEOUT = 5.0
"""Longest time for all of that, in seconds."""


class Drain:
    """The sockets of a server, each to be told when it ends. `random` gives numbers from 0 to 1."""

    def __init__(self, random: Callable[[], float] = random.random) -> None:
        self._random = random
        self._registered: dict[Callable[[], None], None] = {}  # called in this order
        self._empty = asyncio.Event()
        self.begun = False

    def register(self, end: Callable[[], None]) -> None:
        """Call `end` when the server ends, or at once where it does already, unless `unregister` is called
        before."""
        self._registered[end] = None
        if self.begun:
            end()

    def unregister(self, end: Callable[[], None]) -> None:
        del self._registered[end]
        if not self._registered:
            self._empty.set()

    async def run(self) -> None:
        """Tell all, and return when they have ended or TIMEOUT is over."""
        self.begun = True
        loop = asyncio.get_running_loop()
        for end in self._registered:
            loop.call_later(self._random() * SPREAD, end)
        self._empty.clear()
        if self._registered:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIMEOUT):
                    await self._empty.wait()
