"""An event loop without a world outside: virtual time, and a seed says which of what is ready runs next."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context
from random import Random
from typing import Any, TypeVarTuple

Ts = TypeVarTuple("Ts")

MAX_STEPS = 400_000
"""How many callbacks one run may take; a run that needs more goes round in circles."""


class Stuck(Exception):
    """The run cannot come to an end: nothing is left to happen, or it never stops happening."""


class _Task(asyncio.Task[Any]):
    """A task that hashes to its number. Sets of tasks, as a TaskGroup has one, are gone through in the order
    of the hashes, and by default those are addresses in memory, which no seed settles."""

    def __init__(self, coro: Coroutine[Any, Any, Any], number: int, **options: Any) -> None:
        self._number = number
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs one callback a step. When nothing is ready its clock jumps to the next timer: nobody ever waits.

    With `shuffle` any ready callback may be next, which is more than asyncio does and less than it promises;
    without it they take their turn, as in production.
    """

    def __init__(self, rng: Random, *, shuffle: bool) -> None:
        super().__init__()
        self._rng, self._shuffle = rng, shuffle
        self._now = 0.0
        self._handles: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = 0
        self.steps = 0
        self.broken: list[str] = []
        """What went wrong in a callback or in a task that nobody awaits."""
        self.set_debug(False)
        self.set_task_factory(self._make_task)
        self.set_exception_handler(self._note_broken)

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
        """Cancelled timers stay where they are until their time has come."""

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
            raise Stuck(f"not at an end after {MAX_STEPS} steps")
        if not handle.cancelled():
            handle._run()  # as asyncio's own loops do

    def _advance(self) -> None:
        """Go to the time of the next timer, and make ready all that are due then."""
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
        raise Stuck("everybody waits for somebody")

    def _make_task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        self._numbers += 1
        return _Task(coro, self._numbers, loop=loop, **options)

    def _note_broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.broken.append(f"{context.get('message')}: {context.get('exception')!r}")
