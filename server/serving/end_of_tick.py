"""The end of a tick of the event loop: what is deferred to it runs once, however often it was asked for."""

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class EndOfTick:
    """Calls back when all that is ready now has run.

    A commit and the answer to its command reach a socket's outbox one after the other in one tick. Each write
    is a system call, the most expensive step of a move; deferred to the end of the tick, two become one.
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
            except Exception:  # the others have nothing to do with it
                logger.exception("end-of-tick callback failed")
