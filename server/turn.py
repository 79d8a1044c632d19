"""The end of a turn of the event loop: what is put off to it is done once, however often it was asked for."""

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Turn:
    """A commit and the answer to its command are put into a socket's outbox one after the other, in one turn.
    Each write is a system call, the dearest step of a move's way; put off to the turn's end it is one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._put_off: list[Callable[[], None]] = []

    def at_end(self, do: Callable[[], None]) -> None:
        """Have `do` called when all that is ready by now has run."""
        if not self._put_off:
            self._loop.call_soon(self._end)
        self._put_off.append(do)

    def _end(self) -> None:
        put_off, self._put_off = self._put_off, []
        for do in put_off:
            try:
                do()
            except Exception:  # the others have nothing to do with it
                logger.exception("what was put off broke")
