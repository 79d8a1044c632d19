"""Events made by hand, new and recorded."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from server.game.events import Event, MoveMade, PlayerId
from server.store import codec
from server.store.event_store import Checkpoint, EventStore, Metadata, NewEvent, RecordedEvent, StreamId

STREAM = StreamId(UUID(int=100))
PLAYER = PlayerId(UUID(int=1))
METADATA = Metadata(
    command_id=UUID(int=1),
    correlation_id=UUID(int=1),
    causation_id=UUID(int=1),
    player=PLAYER,
    server="test",
)


def new_moves(*columns: int) -> list[NewEvent]:
    """Moves of one player in these columns, to be appended."""
    return [codec.encode(MoveMade(player=PLAYER, column=column), METADATA) for column in columns]


def columns(recorded: list[RecordedEvent]) -> list[int]:
    return [event.data["column"] for event in recorded]


def versions(recorded: list[RecordedEvent]) -> list[int]:
    return [event.version for event in recorded]


async def until_readable(log: EventStore, recorded: RecordedEvent) -> None:
    """Return when readers of the whole log see this event: an older transaction of any database of the same
    Postgres, such as a heartbeat, holds it back until its end."""
    before = Checkpoint(recorded.transaction_id, recorded.position - 1)
    while not await log.read_log(before, 1):
        await asyncio.sleep(0.005)


def store(new: NewEvent, version: int, transaction_id: int | None = None) -> RecordedEvent:
    """`new` as a store gives it back; where no transaction is named, in one of its own."""
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
    """`event` after encoding its data as JSON and decoding it."""
    return replace(event, data=msgspec.json.decode(msgspec.json.encode(event.data)))
