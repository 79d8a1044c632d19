"""The event store on PostgreSQL."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from server.errors import WrongExpectedVersion
from server.store.database import Database
from server.store.event_store import Checkpoint, Metadata, NewEvent, RecordedEvent, StreamId
from server.store.group_commit import Append, GroupCommit

_metadata = msgspec.json.Decoder(Metadata)


@contextlib.asynccontextmanager
async def event_store(
    database: Database, upcast: Callable[[RecordedEvent], RecordedEvent]
) -> AsyncIterator["PostgresEventStore"]:
    """The log in `database`, which can be appended to for as long as the context lasts."""
    store = PostgresEventStore(database, upcast)
    async with store._group.running():
        yield store


class PostgresEventStore:
    """An EventStore in the table `events`; `event_store` makes one that runs.

    `upcast` brings what was read to the shape that today's code expects; it is applied to all that is read.
    """

    def __init__(self, database: Database, upcast: Callable[[RecordedEvent], RecordedEvent]) -> None:
        self._database, self._upcast = database, upcast
        self._group = GroupCommit(self._commit)

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        if not events:
            raise ValueError("nothing to append")
        return await self._group.append(stream_id, expected_version, events)

    async def _commit(self, batch: Sequence[Append]) -> list[list[RecordedEvent] | Exception]:
        """Append them all in one statement: some win their races and some lose."""
        try:
            recorded = await self._append(batch)
        except asyncpg.UniqueViolationError:
            if len(batch) > 1:
                raise
            recorded = []
        found: dict[UUID, list[asyncpg.Record]] = {}
        for row in recorded:
            found.setdefault(row[0], []).append(row)
        return [_outcome(append, found.get(append.stream_id)) for append in batch]

    async def _append(self, batch: Sequence[Append]) -> list[asyncpg.Record]:
        first = batch[0]
        if len(batch) == len(first.events) == 1:
            [event] = first.events
            return await self._database.append(
                "append_one",
                first.stream_id,
                first.expected_version,
                event.type,
                event.schema_version,
                _json(event.data),
                _json(event.metadata),
            )
        rows = [
            {
                "stream_id": append.stream_id,
                "expected": append.expected_version,
                "place": place,
                "type": event.type,
                "schema_version": event.schema_version,
                "data": event.data,
                "metadata": event.metadata,
            }
            for append in batch
            for place, event in enumerate(append.events, 1)
        ]
        # As one value: arrays, one for each column, cost several times as much to send.
        return await self._database.append("append", _json(rows))

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        return [
            self._recorded(row) for row in await self._database.fetch("read_stream", stream_id, after, upto)
        ]

    async def version(self, stream_id: StreamId) -> int:
        [row] = await self._database.fetch("stream_version", stream_id)
        version: int = row[0]
        return version

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        rows = await self._database.fetch("advanced", list(versions), list(versions.values()))
        return [StreamId(row["stream_id"]) for row in rows]

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return [self._recorded(row) for row in await self._database.fetch("read_log", *after, limit)]

    async def ping(self) -> None:
        """Return if the database takes writes and keeps them. Raises StoreUnavailable."""
        await self._database.check()

    def _recorded(self, row: asyncpg.Record) -> RecordedEvent:
        return self._upcast(
            RecordedEvent(
                stream_id=StreamId(row["stream_id"]),
                version=row["version"],
                type=row["type"],
                schema_version=row["schema_version"],
                data=msgspec.json.decode(row["data"]),
                metadata=_metadata.decode(row["metadata"]),
                recorded_at=row["recorded_at"],
                transaction_id=row["transaction_id"],
                position=row["position"],
            )
        )


def _outcome(append: Append, rows: list[asyncpg.Record] | None) -> list[RecordedEvent] | Exception:
    """What became of `append`, given the rows of its stream that were inserted, in the order of versions."""
    if rows is None:
        return WrongExpectedVersion(append.stream_id, append.expected_version)
    return [
        RecordedEvent(
            stream_id=append.stream_id,
            version=version,
            type=event.type,
            schema_version=event.schema_version,
            data=event.data,
            metadata=event.metadata,
            recorded_at=recorded_at,
            transaction_id=transaction_id,
            position=position,
        )
        for event, (_, version, recorded_at, transaction_id, position) in zip(
            append.events, rows, strict=True
        )
    ]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
