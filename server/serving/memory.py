"""Memory that a crowd took and left behind, given back to the system.

The allocator keeps what is freed, for the next crowd, unless it is told to give it back.
"""

import asyncio
import contextlib
import ctypes
from collections.abc import AsyncIterator, Callable

from server.metrics import SOCKETS, Metrics
from server.tasks import Tasks

INTERVAL = 5.0
"""Time between two looks at how many sockets there are, in seconds."""
CROWD = 1000
"""Number of sockets of which it is worth while to give back the memory: about 25 MB."""


class Crowd:
    """Notices when many sockets have gone: at least CROWD of them, and half of all there were."""

    def __init__(self) -> None:
        self._most = self._before = 0

    def has_gone(self, sockets: int) -> bool:
        """True if it has, now that there are so many sockets. True once for each crowd, when it has left: of
        what is still leaving the memory is still taken."""
        leaving = sockets < 0.9 * self._before
        self._most, self._before = max(self._most, sockets), sockets
        if leaving or self._most - sockets < max(CROWD, self._most / 2):
            return False
        self._most = sockets
        return True


@contextlib.asynccontextmanager
async def given_back(metrics: Metrics) -> AsyncIterator[None]:
    """Give memory back when a crowd has gone, for as long as the context lasts."""
    async with Tasks() as tasks:
        task = tasks.create_task(_run(metrics))
        try:
            yield
        finally:
            task.cancel()


async def _run(metrics: Metrics) -> None:
    give_back = _malloc_trim()
    crowd = Crowd()
    while give_back:
        await asyncio.sleep(INTERVAL)
        if crowd.has_gone(metrics.counts[SOCKETS]):
            await asyncio.to_thread(give_back)  # it takes some milliseconds


def _malloc_trim() -> Callable[[], None] | None:
    """The C library's function for it, or None where there is none: glibc has one."""
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return None
    return lambda: malloc_trim(0)
