"""The tasks of a server that nobody waits for one by one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

logger = logging.getLogger(__name__)

RESTART_DELAY = 1.0
"""Pause before a background task that failed is started again, in seconds."""


class Tasks:
    """An owner of tasks that have nothing to do with each other: one that fails is logged, the others go on.

    Unlike an asyncio.TaskGroup it ends nothing because of one failure. Leaving the context waits for what was
    begun, and cancels it where the context was left by an error or is cancelled meanwhile.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}  # in the order of their beginning

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._cancel()
        try:
            await self._all_done()
        except asyncio.CancelledError:
            self._cancel()
            await self._all_done()
            raise

    def create_task(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `coroutine` in a task of its own."""
        task = self._loop.create_task(coroutine)
        self._tasks[task] = None
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (error := task.exception()):
            logger.error("a task failed", exc_info=error, extra={"task": task.get_coro()})

    def _cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    async def _all_done(self) -> None:
        while self._tasks:
            await asyncio.wait(list(self._tasks))


async def keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a background task; a bug in it is logged and does not take the server down."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("background task failed", extra={"task": name})
            await asyncio.sleep(RESTART_DELAY)
