"""The event store in memory: a log that keeps every promise, and an EventStore that reads and writes it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from server.errors import WrongExpectedVersion
from server.store.event_store import Checkpoint, NewEvent, RecordedEvent, StreamId

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

    def begin(self) -> int:
        """Begin a transaction, which may append to several streams, and return its id."""
        self._transactions += 1
        return self._transactions

    def append(
        self,
        stream_id: StreamId,
        expected_version: int,
        events: Sequence[NewEvent],
        transaction_id: int | None = None,
    ) -> list[RecordedEvent]:
        """Append in the transaction given, or else in one of its own.

        Raises WrongExpectedVersion; ValueError where there are no events.
        """
        if not events:
            raise ValueError("nothing to append")
        if expected_version != self.version(stream_id):
            raise WrongExpectedVersion(stream_id, expected_version)
        transaction_id, recorded_at = transaction_id or self.begin(), self._clock()
        recorded = [
            RecordedEvent(
                stream_id=stream_id,
                version=expected_version + place,
                type=event.type,
                schema_version=event.schema_version,
                data=event.data,
                metadata=event.metadata,
                recorded_at=recorded_at,
                transaction_id=transaction_id,
                position=len(self.events) + place,
            )
            for place, event in enumerate(events, 1)
        ]
        stored = [replace(event, data=_through_json(event.data)) for event in recorded]
        self.streams.setdefault(stream_id, []).extend(stored)
        self.events.extend(stored)
        return recorded

    def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        return self.streams.get(stream_id, [])[after:upto]

    def version(self, stream_id: StreamId) -> int:
        return len(self.streams.get(stream_id, ()))

    def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return [stream for stream, version in versions.items() if self.version(stream) > version]

    def read_log(self, after: Checkpoint, limit: int, open_transactions: int = 0) -> list[RecordedEvent]:
        """As EventStore.read_log, at a moment when the last `open_transactions` had not ended yet."""
        horizon = self._transactions - open_transactions
        return [
            event
            for event in self.events
            if (event.transaction_id, event.position) > after and event.transaction_id <= horizon
        ][:limit]


class MemoryStore:
    """An EventStore that answers at once. Counts its `reads` of streams and its `appends`."""

    def __init__(self) -> None:
        self.log = Log()
        self.reads = self.appends = 0

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        self.appends += 1
        return self.log.append(stream_id, expected_version, events)

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        self.reads += 1
        return self.log.read(stream_id, after, upto)

    async def version(self, stream_id: StreamId) -> int:
        return self.log.version(stream_id)

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return self.log.advanced(versions)

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return self.log.read_log(after, limit)

    async def ping(self) -> None: ...


def _through_json(data: Mapping[str, object]) -> dict[str, object]:
    decoded: dict[str, object] = msgspec.json.decode(msgspec.json.encode(data))
    return decoded
