"""Turns for connections of which more was read than one message."""

import asyncio
from collections import deque
from collections.abc import Callable


class Backlog:
    """A queue of connections that have more to take in. In each iteration of the event loop the first of them
    has its turn. So all who send much take as much of each iteration together as one of them would, and
    everybody else waits for one turn at most."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, take_turn: Callable[[], None]) -> None:
        """Have `take_turn` called once, behind all that wait already."""
        self._waiting.append(take_turn)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        take_turn = self._waiting.popleft()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
        take_turn()
