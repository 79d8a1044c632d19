"""The event store in memory: a log that keeps every promise, and an EventStore that reads and writes it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from server.errors import HistoryChanged, WrongExpectedVersion
from server.store.event_store import EMPTY, Checkpoint, Head, NewEvent, OnOutcome, RecordedEvent, StreamId
from server.store.history import SealedEvent, seal

RECORDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Time of every commit, unless a log is given a clock."""


class Log:
    """Committed events. `clock` gives the time of a commit."""

    def __init__(self, clock: Callable[[], datetime] = lambda: RECORDED_AT) -> None:
        self.events: list[RecordedEvent] = []
        """The events of all streams, in commit order."""
        self.streams: dict[StreamId, list[RecordedEvent]] = {}
        self._clock = clock
        self._transactions = 0

    def time(self) -> datetime:
        return self._clock()

    def begin(self) -> int:
        """Begin a transaction, which may append to several streams, and return its id."""
        self._transactions += 1
        return self._transactions

    def append(
        self,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[SealedEvent],
        transaction_id: int | None = None,
    ) -> list[RecordedEvent]:
        """Append in the transaction given, or else in one of its own. Raises WrongExpectedVersion."""
        if expected != self.head(stream_id):
            raise WrongExpectedVersion(stream_id, expected.version)
        transaction_id, recorded_at = transaction_id or self.begin(), self._clock()
        recorded = [
            sealed.recorded(stream_id, recorded_at, transaction_id, len(self.events) + place)
            for place, sealed in enumerate(events, 1)
        ]
        stored = [
            replace(event, data=msgspec.json.decode(sealed.data))
            for event, sealed in zip(recorded, events, strict=True)
        ]
        self.streams.setdefault(stream_id, []).extend(stored)
        self.events.extend(stored)
        return recorded

    def go_back(self, stream_id: StreamId, version: int) -> None:
        """Lose all events of a stream behind `version`, as in a failover or a restore."""
        stream = self.streams[stream_id]
        lost = stream[version:]
        del stream[version:]
        self.events = [event for event in self.events if event not in lost]

    def head(self, stream_id: StreamId) -> Head:
        stream = self.streams.get(stream_id)
        return stream[-1].head if stream else EMPTY

    def read(self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None) -> list[RecordedEvent]:
        """Raises HistoryChanged."""
        stream = self.streams.get(stream_id, [])
        if after.version and after.hash is not None:
            there = stream[after.version - 1 : after.version]
            if not there or there[0].hash != after.hash:
                raise HistoryChanged(stream_id, after.version)
        return stream[after.version : upto]

    def version(self, stream_id: StreamId) -> int:
        return len(self.streams.get(stream_id, ()))

    def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        return [stream for stream, head in heads.items() if self.head(stream) != head]

    def read_log(self, after: Checkpoint, limit: int, open_transactions: int = 0) -> list[RecordedEvent]:
        """As EventStore.read_log, at a moment when the last `open_transactions` had not ended yet."""
        horizon = self._transactions - open_transactions
        return [
            event
            for event in self.events
            if (event.transaction_id, event.position) > after and event.transaction_id <= horizon
        ][:limit]


class Submitting(ABC):
    """Makes `submit` of `append`, of which a subclass has its own."""

    def __init__(self) -> None:
        self._submitted: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        """As EventStore.append."""

    def submit(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], on_outcome: OnOutcome
    ) -> None:
        task = asyncio.get_running_loop().create_task(
            _tell(self.append(stream_id, expected, events), on_outcome)
        )
        self._submitted.add(task)
        task.add_done_callback(self._submitted.discard)


async def _tell(appended: Awaitable[list[RecordedEvent]], on_outcome: OnOutcome) -> None:
    try:
        outcome: list[RecordedEvent] | Exception = await appended
    except Exception as error:
        outcome = error
    on_outcome(outcome)


class MemoryStore(Submitting):
    """An EventStore that answers at once. Counts its `reads` of streams and its `appends`."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.reads = self.appends = 0

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        if not events:
            raise ValueError("nothing to append")
        self.appends += 1
        return self.log.append(stream_id, expected, seal(stream_id, expected, events))

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        self.reads += 1
        return self.log.read(stream_id, after, upto)

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        return self.log.read(stream_id)

    async def version(self, stream_id: StreamId) -> int:
        return self.log.version(stream_id)

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        return self.log.moved(heads)

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return self.log.read_log(after, limit)

    async def confirm(self) -> None:
        pass

    async def ping(self) -> None: ...
