"""Work deferred to the end of a tick: an iteration of the event loop, with all callbacks that were ready."""

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class EndOfTick:
    """Runs callbacks after everything that is ready to run now.

    A commit and the answer to its command reach a socket's outbox one after the other in the same tick.
    Each write is a system call, the most expensive step of a move; deferred, the two become one.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._deferred: list[Callable[[], None]] = []

    def call(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at the end of this tick."""
        if not self._deferred:
            self._loop.call_soon(self._run)
        self._deferred.append(callback)

    def _run(self) -> None:
        deferred, self._deferred = self._deferred, []
        for callback in deferred:
            try:
                callback()
            except Exception:  # of one socket; the others are to have theirs
                logger.exception("end-of-tick callback failed")
