"""Group commit: appends that wait at the same moment, to any games, are committed together.

It clocks itself. What comes while commits are under way goes into the next one, so that a lone append waits
for nobody and many share one round trip and one wait for the disk. There is no timer.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from time import perf_counter_ns

from msgspec import Struct

from server.errors import NotSent, OutcomeUnknown, StoreUnavailable
from server.store.credentials import Holder
from server.store.event_store import Head, OnOutcome, RecordedEvent, StreamId
from server.store.history import SealedEvent

logger = logging.getLogger(__name__)

IN_FLIGHT = 2
"""Most commits that may be under way."""
MANY = 64
"""Number of waiting appends at which another commit begins while one is under way. Fewer wait for its end:
the larger commits are, the less of a processor each append takes."""
BATCH = 100
"""Size of a commit, in appends, at most. It leaves some of many for another commit beside this one. Else all
who come again after a commit share the next one, and they and the store wait for each other in turn."""
WAITING = 4096
"""Most appends that may wait. A store that has more of them is too slow, and refuses them."""


class Append(Struct, eq=False):
    """One append that waits for its outcome."""

    stream_id: StreamId
    expected: Head
    events: Sequence[SealedEvent]
    on_outcome: OnOutcome
    holder: Holder | None = None
    """The player whom the events seat, if they do."""


Outcomes = Sequence[list[RecordedEvent] | Exception]
"""The outcome of each append of a batch, in their order."""
CommitBatch = Callable[[Sequence[Append]], Awaitable[Outcomes]]
"""Commits appends to different streams in one transaction, and gives each its own outcome, in their order.

An Exception among the outcomes is one append's own failure; one that is raised failed the whole transaction.
"""
OnCommitted = Callable[[int, int], None]
"""Takes the time from the first append of a batch to the end of its commit, in nanoseconds, and the number of
its appends."""


class GroupCommit:
    """Takes appends as they come and hands them to `commit`, each stream at most once at a time.
    `on_committed` is told of each batch."""

    def __init__(
        self, commit: CommitBatch, on_committed: OnCommitted = lambda nanoseconds, appends: None
    ) -> None:
        self._commit, self._on_committed = commit, on_committed
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Append] = []
        self._waiting_since = 0
        self._busy: dict[int, Append] = {}  # in a commit that is under way, by the `int` of their streams
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
        outcome: asyncio.Future[list[RecordedEvent]] = self._loop.create_future()
        self.submit(stream_id, expected, events, partial(_settle, outcome), holder)
        return await outcome

    def submit(
        self,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[SealedEvent],
        on_outcome: OnOutcome,
        holder: Holder | None = None,
    ) -> None:
        """As EventStore.submit, or with a `holder` as PostgresEventStore.append_seat. Raises what that
        raises."""
        if not events:
            raise ValueError("nothing to append")
        if self._closed:
            raise NotSent("the store is closed")
        if (before := len(self._waiting)) >= WAITING:
            raise NotSent("too many appends wait already")
        if not before:
            self._waiting_since = perf_counter_ns()
        self._waiting.append(Append(stream_id, expected, events, on_outcome, holder))
        if self._idle and (not self._busy or before + 1 >= MANY):
            self._wake()

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
            waiting, self._waiting = self._waiting, []
            _tell(waiting, [NotSent("the store is closed") for _ in waiting])

    async def _work(self) -> None:
        while True:
            since, batch = self._waiting_since, self._next_batch()
            if not batch:
                idle: asyncio.Future[None] = self._loop.create_future()
                self._idle.append(idle)
                await idle
                continue
            outcomes: Outcomes = ()
            try:
                outcomes = await self._outcomes(batch)
                self._on_committed(perf_counter_ns() - since, len(batch))
            finally:
                self._end(batch, outcomes or [OutcomeUnknown("the store is closed") for _ in batch])

    def _end(self, batch: Sequence[Append], outcomes: Outcomes) -> None:
        """The commit of a batch has ended: others of its streams may begin."""
        for append in batch:
            del self._busy[append.stream_id.int]
        self._loop.call_soon(_tell, batch, outcomes)  # the next commit begins before
        if self._waiting:
            self._wake()  # something may have waited for one of these streams

    def _next_batch(self) -> list[Append]:
        """The appends that may be committed now, the oldest first: no stream twice, and none that is busy."""
        if self._busy and len(self._waiting) < MANY:
            return []
        batch: dict[int, Append] = {}
        passed_over: list[Append] = []
        room = BATCH
        for append in self._waiting:
            stream = append.stream_id.int  # whose hash needs no Python, as that of a UUID does
            if not room or stream in self._busy or stream in batch:
                passed_over.append(append)
            else:
                batch[stream] = append
                room -= 1
        self._waiting = passed_over
        self._busy |= batch
        return list(batch.values())

    async def _outcomes(self, batch: Sequence[Append]) -> Outcomes:
        """Commit a batch. Where it fails as a whole, and one append is at fault, each by itself."""
        try:
            return await self._commit(batch)
        except StoreUnavailable as error:
            return [type(error)(str(error)) for _ in batch]
        except Exception as error:
            if len(batch) == 1:
                return [error]
            return [outcome for append in batch for outcome in await self._outcomes([append])]

    def _wake(self) -> None:
        while self._idle:
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)
                return


def _tell(batch: Sequence[Append], outcomes: Outcomes) -> None:
    """Tell who waits for these appends."""
    for append, outcome in zip(batch, outcomes, strict=True):
        try:
            append.on_outcome(outcome)
        except Exception:  # of one of them; the others are to be told, too
            logger.exception("an append's outcome could not be taken", extra={"game": append.stream_id})


def _settle(future: asyncio.Future[list[RecordedEvent]], outcome: list[RecordedEvent] | Exception) -> None:
    """Have `future` end with `outcome`, if anybody still waits for it."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
