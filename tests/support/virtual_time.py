"""Runs a process on a log in memory, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from server.errors import NotSent
from server.store.event_store import EMPTY, Head, NewEvent, RecordedEvent, StreamId
from server.tasks import Tasks
from tests.simulation.loop import VirtualLoop
from tests.support.memory_store import Log, MemoryStore


class Store(MemoryStore):
    """A store on the loop's clock, which takes a while, and takes nothing where it is `away`."""

    away = False
    appended = 0

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        await asyncio.sleep(0.005)
        if self.away:
            raise NotSent
        return await super().append(stream_id, expected, events)

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        await asyncio.sleep(0.002)
        return await super().read(stream_id, after, upto)


def in_virtual_time(play: Callable[[Log, Tasks], Awaitable[None]], seed: int = 0) -> Log:
    """Run `play` to its end, and return the log that it leaves."""
    loop = VirtualLoop(Random(seed), shuffle=True)
    log = Log(lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=loop.time()))

    async def run() -> None:
        async with Tasks() as tasks:
            await play(log, tasks)

    try:
        loop.run_until_complete(run())
        assert loop.errors == []
    finally:
        loop.close()
    return log
