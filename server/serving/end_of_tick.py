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
        self._deferred: dict[Callable[[], None], None] = {}  # in the order in which they were given
        self._last: Callable[[], None] | None = None

    def call(self, callback: Callable[[], None]) -> None:
        """Have `callback` called at the end of this tick, once."""
        if not self._deferred:
            self._loop.call_soon(self._run)
        self._deferred[callback] = None

    def call_last(self, callback: Callable[[], None]) -> bool:
        """Have `callback`, and no other that was given here before, called behind all that is called at the
        end of this tick. Returns whether anything is."""
        if not self._deferred:
            return False
        self._last = callback
        return True

    def _run(self) -> None:
        deferred, self._deferred = self._deferred, {}
        for callback in deferred:
            try:
                callback()
            except Exception:  # of one socket; the others are to have theirs
                logger.exception("end-of-tick callback failed")
        last, self._last = self._last, None
        if last:
            last()
