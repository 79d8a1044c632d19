"""The event store on PostgreSQL."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

import asyncpg
import msgspec

from server.errors import HistoryChanged, WrongExpectedVersion
from server.store.credentials import Holder, holders_as_json
from server.store.database import Database
from server.store.event_store import (
    EMPTY,
    Checkpoint,
    Head,
    Metadata,
    NewEvent,
    OnOutcome,
    RecordedEvent,
    StreamId,
)
from server.store.group_commit import Append, GroupCommit, OnCommitted, Outcomes
from server.store.history import SealedEvent, canonical, hash_of, seal
from server.store.sql import statement
from server.store.transaction import Transaction

_metadata = msgspec.json.Decoder(Metadata)


@contextlib.asynccontextmanager
async def event_store(
    database: Database,
    upcast: Callable[[RecordedEvent], RecordedEvent],
    on_committed: OnCommitted = lambda nanoseconds, appends: None,
) -> AsyncIterator["PostgresEventStore"]:
    """The log in `database`, which can be appended to for as long as the context lasts. `on_committed` is
    told of each commit."""
    store = PostgresEventStore(database, upcast, on_committed)
    async with store._group.running():
        yield store


class PostgresEventStore:
    """An EventStore in the table `events`; `event_store` makes one that runs.

    `upcast` brings what was read to the shape that today's code expects; it is applied to all that is read.
    """

    def __init__(
        self,
        database: Database,
        upcast: Callable[[RecordedEvent], RecordedEvent],
        on_committed: OnCommitted = lambda nanoseconds, appends: None,
    ) -> None:
        self._database, self._upcast = database, upcast
        self._group = GroupCommit(self._commit, on_committed)

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._group.append(stream_id, expected, seal(stream_id, expected, events))

    async def append_seat(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
    ) -> list[RecordedEvent]:
        """As `append`, of events that seat `holder`, of whom the rest is kept in the same commit. Raises
        WrongExpectedVersion, too, where another token or key is kept for the player."""
        return await self._group.append(stream_id, expected, seal(stream_id, expected, events), holder)

    def submit(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], on_outcome: OnOutcome
    ) -> None:
        self._group.submit(stream_id, expected, seal(stream_id, expected, events), on_outcome)

    async def append_within(
        self,
        transaction: Transaction,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[NewEvent],
        holder: Holder,
    ) -> list[RecordedEvent] | None:
        """As `append_seat`, in a transaction that does more: nothing is recorded before its end. None where
        that would raise WrongExpectedVersion."""
        sealed = seal(stream_id, expected, events)
        rows = await transaction.fetch(
            statement("append_seats"), *_arguments([sealed]), holders_as_json([(stream_id, holder)])
        )
        [recorded] = _recorded([(stream_id, sealed)], rows)
        return recorded

    async def _commit(self, batch: Sequence[Append]) -> Outcomes:
        """Append them all in one statement: some win their races and some lose."""
        try:
            rows = await self._append(batch)
        except asyncpg.UniqueViolationError:
            if len(batch) > 1:
                raise
            rows = []
        recorded = _recorded([(append.stream_id, append.events) for append in batch], rows)
        return [
            WrongExpectedVersion(append.stream_id, append.expected.version) if events is None else events
            for append, events in zip(batch, recorded, strict=True)
        ]

    async def _append(self, batch: Sequence[Append]) -> list[asyncpg.Record]:
        """The row that says what was recorded; none, or one that names no event, where nothing was."""
        if holders := [(append.stream_id, append.holder) for append in batch if append.holder]:
            arguments = _arguments([append.events for append in batch])
            return await self._database.append("append_seats", *arguments, holders_as_json(holders))
        first = batch[0]
        if len(batch) == len(first.events) == 1:
            [sealed] = first.events
            return await self._database.append(
                "append_one",
                first.stream_id,
                sealed.version,
                sealed.before,
                sealed.event.type,
                sealed.event.schema_version,
                sealed.data.decode(),
                msgspec.json.encode(sealed.event.metadata).decode(),
                sealed.hash,
            )
        return await self._database.append("append", *_arguments([append.events for append in batch]))

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        return [self._upcast(event) for event in await self._read(stream_id, after, upto)]

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        return await self._read(stream_id, EMPTY, None)

    async def _read(self, stream_id: StreamId, after: Head, upto: int | None) -> list[RecordedEvent]:
        """The events as they are stored. The one at `after` is read too, to see whether it is still there."""
        checked = after.version > 0 and after.hash is not None
        rows = await self._database.fetch("read_stream", stream_id, after.version + (not checked), upto)
        if checked and (upto is None or upto >= after.version):
            if not rows or rows[0]["version"] != after.version or rows[0]["hash"] not in (None, after.hash):
                raise HistoryChanged(stream_id, after.version)
            del rows[0]
        events, previous = [], after.hash
        for row in rows:
            previous = row["hash"] or (previous and _hash_of(previous, row))
            events.append(recorded_event(row, previous))
        return events

    async def version(self, stream_id: StreamId) -> int:
        [row] = await self._database.fetch("stream_version", stream_id)
        version: int = row[0]
        return version

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        versions, hashes = [head.version for head in heads.values()], [head.hash for head in heads.values()]
        rows = await self._database.fetch("moved", list(heads), versions, hashes)
        return [StreamId(row["stream_id"]) for row in rows]

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        rows = await self._database.fetch("read_log", *after, limit)
        return [self._upcast(recorded_event(row, row["hash"])) for row in rows]

    async def confirm(self) -> None:
        await self._database.confirm()

    async def ping(self) -> None:
        """Return if the database takes writes and keeps them. Raises StoreUnavailable."""
        await self._database.check()


def recorded_event(row: asyncpg.Record, hash: bytes | None) -> RecordedEvent:
    """The event in a row of the log, not upcast."""
    return RecordedEvent(
        stream_id=StreamId(row["stream_id"]),
        version=row["version"],
        type=row["type"],
        schema_version=row["schema_version"],
        data=msgspec.json.decode(row["data"]),
        metadata=_metadata.decode(row["metadata"]),
        recorded_at=row["recorded_at"],
        transaction_id=row["transaction_id"],
        position=row["position"],
        hash=hash,
    )


def _hash_of(previous: bytes, row: asyncpg.Record) -> bytes:
    """The hash of an event that was recorded without one."""
    return hash_of(
        previous,
        row["stream_id"],
        row["version"],
        row["type"],
        row["schema_version"],
        canonical(row["data"]),
        canonical(row["metadata"]),
    )


def _arguments(appends: Iterable[Sequence[SealedEvent]]) -> tuple[str, bytes]:
    """Appends as the two values that `append` takes: one array a column costs several times as much. The text
    that was hashed is used again, with the event's place in its append before it."""
    placed = [(place, event) for events in appends for place, event in enumerate(events, 1)]
    texts = b",".join([b'{"place":%d,%b' % (place, event.text[1:]) for place, event in placed])
    hashes = b"".join([event.before + event.hash for _, event in placed])
    return f"[{texts.decode()}]", hashes


def _recorded(
    appends: Sequence[tuple[StreamId, Sequence[SealedEvent]]], rows: Sequence[asyncpg.Record]
) -> list[list[RecordedEvent] | None]:
    """The events of each append, or None where it lost its race. The one row, if any, has the numbers of the
    events that were recorded, in the order of all appends, and their positions."""
    if not rows:
        return [None] * len(appends)
    [(recorded_at, transaction_id, numbers, positions)] = rows
    position_of = dict(zip(numbers or (), positions or (), strict=True))
    found: list[list[RecordedEvent] | None] = []
    number = 1
    for stream_id, events in appends:
        if number in position_of:
            recorded = [
                sealed.recorded(stream_id, recorded_at, transaction_id, position_of[place])
                for place, sealed in enumerate(events, number)
            ]
            found.append(recorded)
        else:
            found.append(None)
        number += len(events)
    return found
