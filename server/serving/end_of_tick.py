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
        self._last: Callable[[], None] | None = None

    def call(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at the end of this tick."""
        if not self._deferred:
            self._loop.call_soon(self._run)
        self._deferred.append(callback)

    def call_last(self, callback: Callable[[], None]) -> bool:
        """Have `callback`, and no other that was given here before, called behind all that is called at the
        end of this tick. Returns whether anything is."""
        if not self._deferred:
            return False
        self._last = callback
        return True

    def _run(self) -> None:
        deferred, self._deferred = self._deferred, []
        for callback in deferred:
            try:
                callback()
            except Exception:  # the others have nothing to do with it
                logger.exception("end-of-tick callback failed")
        last, self._last = self._last, None
        if last:
            last()
