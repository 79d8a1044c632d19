"""Progress of a run on standard error, once a second."""

import sys
from typing import TextIO

from tests.load.crew import Tick


class Progress:
    """Call it with a second of the run, or with a sentence. On a terminal a line replaces the one before."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out, self._in_place = out, out.isatty()

    def __call__(self, what: Tick | str) -> None:
        line = what if isinstance(what, str) else told(what)
        self._out.write(f"\r\x1b[2K{line}" if self._in_place else f"{line}\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._in_place:
            self._out.write("\r\x1b[2K")
            self._out.flush()


def told(tick: Tick) -> str:
    """A second of the run in a line."""
    line = f"{tick.number + 1:4} s  {tick.moves:7,} moves/s"
    if tick.felt:
        line += f"  p99 {tick.felt.p99 / 1000:9,.1f} ms"
    return f"{line}  {tick.errors} errors"
