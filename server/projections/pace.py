"""The pace of the projections: they give way to those who play, and use a small share of a processor then."""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

SHARE = 0.05
"""Share of a processor that all projections of a server may use while moves are made at it."""
PLAYING = 1.0
"""Time after a command for which moves count as being made, in seconds."""
BATCH = 1000
"""Size of a batch while moves are made, in events."""
BATCH_AT_REST = 2000
"""Size of a batch while nobody plays here, in events."""


class Metered(Generic[T]):
    """Awaits `work` and adds up the processor time of its own steps, in `spent`, in seconds: what other tasks
    use while it waits does not count."""

    def __init__(self, work: Awaitable[T], processor_time: Callable[[], float] = time.thread_time) -> None:
        self._work, self._processor_time = work, processor_time
        self.spent = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        step: Callable[[Any], Any] = steps.send
        argument: BaseException | None = None
        while True:
            began = self._processor_time()
            try:
                waits_for = step(argument)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                self.spent += self._processor_time() - began
            try:
                yield waits_for
                step, argument = steps.send, None
            except BaseException as error:
                step, argument = steps.throw, error


class Pace:
    """The size of the next batch and the pause before it.

    `commands` counts those that were carried out here; `clock` is in seconds.
    """

    def __init__(self, commands: Callable[[], int], clock: Callable[[], float]) -> None:
        self._commands, self._clock = commands, clock
        self._seen = commands()
        self._played_at = float("-inf")

    @property
    def playing(self) -> bool:
        """True if moves are being made here."""
        now, commands = self._clock(), self._commands()
        if commands != self._seen:
            self._seen, self._played_at = commands, now
        return now - self._played_at < PLAYING

    @property
    def batch(self) -> int:
        """The size of the next batch, in events."""
        return BATCH if self.playing else BATCH_AT_REST

    def pause(self, spent: float) -> float:
        """The pause after `spent` seconds of processor time, in seconds."""
        return spent * (1 / SHARE - 1) if self.playing else 0.0
