"""The event store on PostgreSQL, through asyncpg."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from server.event_store import (
    Checkpoint,
    Metadata,
    NewEvent,
    RecordedEvent,
    StoreUnavailable,
    StreamId,
    WrongExpectedVersion,
)
from server.group_commit import Append, GroupCommit
from server.sql import statement

COMMAND_TIMEOUT = 2.0
"""How long a statement may take in seconds, waiting for a connection included."""

_AWAY = (
    OSError,  # cannot connect, or the connection broke
    TimeoutError,
    asyncpg.InterfaceError,  # the connection was closed under us
    asyncpg.InternalClientError,  # what asyncpg raises when a server dies in the middle of an answer
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.InsufficientResourcesError,  # class 53: disk full, too many connections
    asyncpg.OperatorInterventionError,  # class 57: shutting down, starting up, terminated
    asyncpg.PostgresSystemError,  # class 58: I/O error
    asyncpg.ReadOnlySQLTransactionError,  # a standby, in the middle of a failover
)

Connection = asyncpg.pool.PoolConnectionProxy

_metadata = msgspec.json.Decoder(Metadata)


@contextlib.contextmanager
def unavailable_when_away() -> Iterator[None]:
    """Turn the many ways in which asyncpg says that the database is away into StoreUnavailable."""
    try:
        yield
    except _AWAY as error:
        if isinstance(error, ValueError):
            raise  # asyncpg's DataError for an argument that is wrong: a bug of ours
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


class Database:
    """Statements on a pool of connections, none of which takes longer than COMMAND_TIMEOUT.

    While the database hangs, one statement at a time finds out whether it still does, and the others are told
    so at once: nobody queues for what does not answer.

    What was taken from the pool is kept for the next statement: giving it back takes a task and a turn of the
    event loop, for which the answer would wait.
    """

    def __init__(self, pool: asyncpg.Pool, on_statement: Callable[[], None]) -> None:
        self._pool, self._on_statement = pool, on_statement
        self._kept: list[Connection] = []
        self._room = asyncio.Semaphore(pool.get_max_size())
        self._hangs = False
        self._finding_out = False

    async def fetch(self, name: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of the statement `name`. Raises StoreUnavailable."""
        finding_out = self._hangs
        if finding_out and self._finding_out:
            raise StoreUnavailable("it did not answer a moment ago")
        self._finding_out |= finding_out
        try:
            self._on_statement()
            with unavailable_when_away():
                rows = await self._fetch(name, *args)
        except StoreUnavailable as error:
            self._hangs = isinstance(error.__cause__, TimeoutError)
            raise
        finally:
            if finding_out:
                self._finding_out = False
        self._hangs = False
        return rows

    async def _fetch(self, name: str, *args: Any) -> list[asyncpg.Record]:
        async with asyncio.timeout(COMMAND_TIMEOUT) as deadline, self._room:
            connection = await self._connection()
            try:
                rows: list[asyncpg.Record] = await connection.fetch(statement(name), *args)
            except BaseException:
                if deadline.expired():
                    # The pool would wait until it has ended, which it never does where the server hangs.
                    connection.terminate()
                await self._pool.release(connection)
                raise
            self._kept.append(connection)
            return rows

    async def _connection(self) -> Connection:
        while self._kept:
            connection = self._kept.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire(timeout=COMMAND_TIMEOUT)

    async def close(self) -> None:
        """Close every connection, when the statements that are under way have ended."""
        while self._kept:
            await self._pool.release(self._kept.pop())
        await self._pool.close()


async def _leave_as_it_is(connection: object) -> None:
    """What to do with a connection that comes back: nothing, where each statement stands alone.

    asyncpg's own way is one more round trip, which a link that freezes just then never ends.
    """


@contextlib.asynccontextmanager
async def connect(
    url: str, *, min_size: int = 1, max_size: int = 8, on_statement: Callable[[], None] = lambda: None
) -> AsyncIterator[Database]:
    """A database, whose connections are closed at the end. `on_statement` is called at each that is sent.

    Raises StoreUnavailable.
    """
    with unavailable_when_away():
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=COMMAND_TIMEOUT,
            reset=_leave_as_it_is,
            server_settings={"application_name": "connect4"},
        )
    database = Database(pool, on_statement)
    try:
        yield database
    finally:
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                await database.close()
        except TimeoutError:
            pool.terminate()


@contextlib.asynccontextmanager
async def event_store(
    database: Database, upcast: Callable[[RecordedEvent], RecordedEvent]
) -> AsyncIterator["PostgresEventStore"]:
    """The log in `database`, which can be appended to for as long as the context lasts."""
    store = PostgresEventStore(database, upcast)
    async with asyncio.TaskGroup() as tasks:
        committing = tasks.create_task(store.run())
        try:
            yield store
        finally:
            committing.cancel()


class PostgresEventStore:
    """An EventStore in the table `events`; `event_store` makes one that runs.

    `upcast` brings what was read to the shape that today's code expects; it is applied to all that is read.
    """

    def __init__(self, database: Database, upcast: Callable[[RecordedEvent], RecordedEvent]) -> None:
        self._database, self._upcast = database, upcast
        self._group = GroupCommit(self._commit)

    async def run(self) -> None:
        """Carry out appends until cancelled."""
        await self._group.run()

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
            return await self._database.fetch(
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
        return await self._database.fetch("append", _json(rows))

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
        """Return if the database answers. Raises StoreUnavailable."""
        await self._database.fetch("ping")

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
