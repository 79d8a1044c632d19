"""Recorded events made by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from server import codec
from server.event_store import Metadata, NewEvent, RecordedEvent, StreamId
from server.game.events import Event

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
