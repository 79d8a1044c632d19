"""Connections to Redis, as far as it takes no Redis."""

import asyncio
import contextlib
from typing import Any

import pytest

from server.delivery.bell import Bell


class Deaf:
    """A connection that is made although it is cancelled, as redis-py's are in Python 3.11 when both happen
    at once: `asyncio.wait_for` returns what it waited for."""

    def __init__(self) -> None:
        self.connecting = asyncio.Event()
        self.closed = False
        self._reader = self._writer = object()

    async def connect(self) -> None:
        self.connecting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def disconnect(self, nowait: bool = False) -> None:
        self.closed = True


async def test_a_task_that_is_cancelled_while_it_connects_ends() -> None:
    connection: Any = Deaf()
    task = asyncio.create_task(Bell(lambda: connection).publish([(b"channel", b"")]))
    await connection.connecting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert connection.closed
