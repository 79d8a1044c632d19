"""Progress of a long run, on standard error: one line in place on a terminal, a line a minute elsewhere."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import TextIO

INTERVAL = 60.0
"""Time between two lines where they do not replace each other, in seconds."""
REFRESH = 0.25
"""Time between two states of the line on a terminal, in seconds."""
CLEAR = "\r\x1b[2K"


class Progress:
    """Shows the latest line. Where it is no terminal, at most one in each `interval` seconds."""

    def __init__(self, out: TextIO = sys.stderr, interval: float = INTERVAL) -> None:
        self._out, self._in_place = out, out.isatty()
        self._interval = REFRESH if self._in_place else interval
        self._due = monotonic() + (0 if self._in_place else interval)

    def show(self, line: str) -> None:
        """Show `line`, which the next one replaces, unless another one was shown just now."""
        if monotonic() >= self._due:
            self._due = monotonic() + self._interval
            self._write(f"{CLEAR}{line}" if self._in_place else f"{line}\n")

    def say(self, line: str) -> None:
        """Print `line`, which stays."""
        self.end()
        self._write(f"{line}\n")

    def end(self) -> None:
        """Clear the line, so that something else can be printed."""
        if self._in_place:
            self._write(CLEAR)

    @contextlib.asynccontextmanager
    async def following(self, line: Callable[[], str]) -> AsyncIterator[None]:
        """Show what `line` returns, again and again, for as long as the context lasts."""

        async def follow() -> None:
            while True:
                self.show(line())
                await asyncio.sleep(REFRESH)

        task = asyncio.create_task(follow())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.end()

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def clock(seconds: float) -> str:
    """A duration as minutes and seconds: "2:05"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
