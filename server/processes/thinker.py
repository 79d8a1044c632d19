"""A process that thinks for the computer player: a line of JSON for a position in, one for its column out.

    [[columns], level, seed, [[nodes, seconds], …]]  →  [column, nodes, searched]

It tries each budget (in positions searched) for so many seconds, the last one for as long as it takes, and
says which one led to the column. Nothing but the standard library and server/game is imported, so that it
starts at once and stays small.
"""

import contextlib
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from server.game.engine import Choice, Level, choose

MEMORY = 64 * 2**20
"""Most memory for data, in bytes. The tables of the engine are bounded so that it is not reached."""


LARGE = 10_000
"""Number of positions from which on a search leaves so much memory behind that it is worth collecting it."""


class TooLong(Exception):
    """The seconds for a budget are over."""


class Thinker:
    """Chooses columns, each within its time."""

    def __init__(self) -> None:
        self._timed = False
        self.large = False
        """True if the last search was large."""
        signal.signal(signal.SIGALRM, self._on_alarm)

    def answer(self, line: str) -> str:
        """The answer to a line."""
        columns, level, seed, budgets = json.loads(line)
        *timed, (last, _) = budgets
        self.large = timed != [] and timed[0][0] >= LARGE
        for nodes, seconds in timed:
            with contextlib.suppress(TooLong, MemoryError):
                choice = self._within(seconds, lambda: choose(columns, Level(level), seed, nodes))  # noqa: B023
                return json.dumps([choice.column, nodes, choice.nodes])
        choice = choose(columns, Level(level), seed, last)
        return json.dumps([choice.column, last, choice.nodes])

    def _within(self, seconds: float, think: Callable[[], Choice]) -> Choice:
        """The choice of `think`. Raises TooLong where that takes longer than `seconds`."""
        self._timed = True
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return think()
        finally:
            self._timed = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, number: int, frame: Any) -> None:
        if self._timed:
            raise TooLong


def give_way() -> None:
    """Run only when nobody else wants the processor, as far as the system knows such a thing."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.nice(19)


def main() -> None:
    """Answer until there are no more lines: then whoever asked has ended."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    thinker = Thinker()
    give_way()
    for line in sys.stdin:
        print(thinker.answer(line), flush=True)
        if thinker.large:
            gc.collect()
