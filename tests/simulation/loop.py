"""An event loop on virtual time, in which a seed decides what runs next."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any, TypeVarTuple

Ts = TypeVarTuple("Ts")

MAX_STEPS = 400_000
"""Most callbacks in one run; a run that needs more goes round in circles."""


class Stuck(Exception):
    """The run cannot end: everybody waits, or something happens over and over."""


class _Task(asyncio.Task[Any]):
    """A task whose hash is its number. A set of tasks, such as a TaskGroup's, is iterated in the order of the
    hashes, and asyncio's own are addresses in memory: another order at every run."""

    def __init__(self, coro: Coroutine[Any, Any, Any], number: int, **options: Any) -> None:
        self._number = number
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs one callback a step. When no callback is ready, its clock jumps to the next timer.

    With `shuffle` any ready callback may be next; asyncio does not do that, but does not exclude it either.
    Without it callbacks run in the order in which they were scheduled, as in production.
    """

    def __init__(self, rng: Random, *, shuffle: bool) -> None:
        super().__init__()
        self._rng, self._shuffle = rng, shuffle
        self._now = 0.0
        self._handles: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = 0
        self.steps = 0
        self.errors: list[str] = []
        """The errors of callbacks, and of tasks that nobody awaits."""
        self.set_debug(False)
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._note_error)

    def time(self) -> float:
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._handles.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._numbers += 1
        heapq.heappush(self._timers, (when, self._numbers, handle))
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Nothing to do: a cancelled timer is passed over when its time comes."""

    def _run_once(self) -> None:
        """One step; `run_forever` of asyncio calls it again and again."""
        if not self._handles:
            self._advance()
        handles = self._handles
        if self._shuffle and len(handles) > 1:
            chosen = int(self._rng.random() * len(handles))
            handles[chosen], handles[-1] = handles[-1], handles[chosen]
            handle = handles.pop()
        else:
            handle = handles.pop(0)
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Stuck(f"the run did not end within {MAX_STEPS} steps")
        if not handle.cancelled():
            handle._run()  # private, but it is what asyncio's own loops call

    def _advance(self) -> None:
        """Set the clock to the next timer, and make all timers ready that are due then."""
        timers = self._timers
        while timers:
            when, _, handle = heapq.heappop(timers)
            if handle.cancelled():
                continue
            self._now = max(self._now, when)
            self._handles.append(handle)
            while timers and timers[0][0] <= self._now:
                self._handles.append(heapq.heappop(timers)[2])
            return
        raise Stuck("everybody waits and nothing is scheduled")

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        self._numbers += 1
        return _Task(coro, self._numbers, loop=loop, **options)

    def _note_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(f"{context.get('message')}: {context.get('exception')!r}")
