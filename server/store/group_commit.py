"""Group commit: appends that wait at the same moment, to any games, are committed together.

It clocks itself. What comes while commits are under way goes into the next one, so that a lone append waits
for nobody and many share one round trip and one wait for the disk. There is no timer.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from server.errors import NotSent, OutcomeUnknown, StoreUnavailable
from server.store.credentials import Holder
from server.store.event_store import Head, RecordedEvent, StreamId
from server.store.history import SealedEvent

IN_FLIGHT = 2
"""Most commits that may be under way."""
MANY = 64
"""Number of waiting appends at which another commit begins while one is under way. Fewer wait for its end:
the larger commits are, the less of a processor each append takes."""
BATCH = 256
"""Size of a commit, in appends, at most."""
WAITING = 4096
"""Most appends that may wait. A store that has more of them is too slow, and refuses them."""


@dataclass(slots=True, eq=False)
class Append:
    """One append that waits for its outcome."""

    stream_id: StreamId
    expected: Head
    events: Sequence[SealedEvent]
    outcome: asyncio.Future[list[RecordedEvent]]
    holder: Holder | None = None
    """The player whom the events seat, if they do."""

    def resolve(self, outcome: list[RecordedEvent] | Exception) -> None:
        """Tell who waits, if anybody still does."""
        if self.outcome.done():
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        else:
            self.outcome.set_result(outcome)


CommitBatch = Callable[[Sequence[Append]], Awaitable[list[list[RecordedEvent] | Exception]]]
"""Commits appends to different streams in one transaction, and gives each its own outcome, in their order.

An Exception among the outcomes is one append's own failure; one that is raised failed the whole transaction.
"""


class GroupCommit:
    """Takes appends as they come and hands them to `commit`, each stream at most once at a time."""

    def __init__(self, commit: CommitBatch) -> None:
        self._commit = commit
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Append] = deque()
        self._busy: set[StreamId] = set()  # in a commit that is under way
        self._idle: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def append(
        self,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[SealedEvent],
        holder: Holder | None = None,
    ) -> list[RecordedEvent]:
        """As EventStore.append, or with a `holder` as PostgresEventStore.append_seat. Raises what that
        raises."""
        if not events:
            raise ValueError("nothing to append")
        if self._closed:
            raise NotSent("the store is closed")
        if len(self._waiting) >= WAITING:
            raise NotSent("too many appends wait already")
        outcome: asyncio.Future[list[RecordedEvent]] = self._loop.create_future()
        self._waiting.append(Append(stream_id, expected, events, outcome, holder))
        self._wake()
        return await outcome

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Commit what comes for as long as the context lasts. What waits at its end, or comes later, fails
        with NotSent."""
        try:
            async with asyncio.TaskGroup() as tasks:
                workers = [tasks.create_task(self._work()) for _ in range(IN_FLIGHT)]
                try:
                    yield
                finally:
                    for worker in workers:
                        worker.cancel()
        finally:
            self._closed = True
            while self._waiting:
                self._waiting.popleft().resolve(NotSent("the store is closed"))

    async def _work(self) -> None:
        while True:
            batch = self._next_batch()
            if not batch:
                idle: asyncio.Future[None] = self._loop.create_future()
                self._idle.append(idle)
                await idle
                continue
            try:
                await self._carry_out(batch)
            finally:
                for append in batch:
                    if not append.outcome.done():
                        append.resolve(OutcomeUnknown("the store is closed"))
                    self._busy.discard(append.stream_id)
                if self._waiting:
                    self._wake()  # something may have waited for one of these streams

    def _next_batch(self) -> list[Append]:
        """The appends that may be committed now, the oldest first: no stream twice, and none that is busy."""
        if self._busy and len(self._waiting) < MANY:
            return []
        batch: list[Append] = []
        passed_over: list[Append] = []
        while self._waiting and len(batch) < BATCH:
            append = self._waiting.popleft()
            if append.stream_id in self._busy:
                passed_over.append(append)
            else:
                self._busy.add(append.stream_id)
                batch.append(append)
        self._waiting.extendleft(reversed(passed_over))
        return batch

    async def _carry_out(self, batch: Sequence[Append]) -> None:
        try:
            outcomes = await self._commit(batch)
        except StoreUnavailable as error:
            for append in batch:
                append.resolve(type(error)(str(error)))
        except Exception as error:
            if len(batch) == 1:
                batch[0].resolve(error)
            else:  # one of them is at fault: each by itself
                for append in batch:
                    await self._carry_out([append])
        else:
            for append, outcome in zip(batch, outcomes, strict=True):
                append.resolve(outcome)

    def _wake(self) -> None:
        while self._idle:
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)
                return
