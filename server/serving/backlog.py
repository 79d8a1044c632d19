"""Turns for connections that send more than a message at once."""

import asyncio
from collections import deque
from collections.abc import Callable


class Backlog:
    """What connections hold back is taken in by one of them at a time, who waited longest, a slice in a turn
    of the event loop. So all who send much take as long together as one of them would, and others wait for
    one slice at most."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, take_in: Callable[[], None]) -> None:
        """Have `take_in` called when it is its turn."""
        self._waiting.append(take_in)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        take_in = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
        take_in()
