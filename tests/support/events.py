"""Recorded events made by hand, and a store of some."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from server.game.events import Event
from server.store import codec
from server.store.event_store import Checkpoint, Metadata, NewEvent, RecordedEvent, StreamId

STREAM = StreamId(UUID(int=100))
METADATA = Metadata(
    command_id=UUID(int=1),
    correlation_id=UUID(int=1),
    causation_id=UUID(int=1),
    player=UUID(int=1),
    server="test",
)


def store(new: NewEvent, version: int, transaction_id: int | None = None) -> RecordedEvent:
    """`new` as the store would give it back, in a commit of its own unless told otherwise."""
    return RecordedEvent(
        stream_id=STREAM,
        version=version,
        type=new.type,
        schema_version=new.schema_version,
        data=new.data,
        metadata=new.metadata,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        transaction_id=transaction_id or version,
        position=version,
    )


def recorded(event: Event, version: int, transaction_id: int | None = None) -> RecordedEvent:
    """`event` in today's stored form."""
    return store(codec.encode(event, METADATA), version, transaction_id)


def roundtrip(event: RecordedEvent) -> RecordedEvent:
    """`event` after a way through JSON."""
    return replace(event, data=msgspec.json.decode(msgspec.json.encode(event.data)))


class ReadOnlyStore:
    """A store whose log is fixed, of which only the first `visible` events are committed yet."""

    def __init__(self, log: Sequence[RecordedEvent] = (), visible: int = 0) -> None:
        self.log, self.visible = log, visible
        self.reads = 0

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        self.reads += 1
        return [
            event for event in self.log[: self.visible] if after < event.version <= (upto or self.visible)
        ]

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return [e for e in self.log[: self.visible] if (e.transaction_id, e.position) > after][:limit]

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        raise AssertionError

    async def version(self, stream_id: StreamId) -> int:
        return self.visible

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return [stream for stream, version in versions.items() if version < self.visible]

    async def ping(self) -> None: ...
