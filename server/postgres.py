"""The event store on PostgreSQL, through asyncpg."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

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
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._hangs = False
        self._finding_out = False

    async def fetch(self, name: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of the statement `name`. Raises StoreUnavailable."""
        finding_out = self._hangs
        if finding_out and self._finding_out:
            raise StoreUnavailable("it did not answer a moment ago")
        self._finding_out |= finding_out
        try:
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
        async with (
            asyncio.timeout(COMMAND_TIMEOUT) as deadline,
            self._pool.acquire(timeout=COMMAND_TIMEOUT) as connection,
        ):
            try:
                rows: list[asyncpg.Record] = await connection.fetch(statement(name), *args)
                return rows
            except asyncio.CancelledError:
                if deadline.expired():
                    # The pool would wait until it has ended, which it never does where the server hangs.
                    connection.terminate()
                raise


async def _leave_as_it_is(connection: object) -> None:
    """What to do with a connection that comes back: nothing, where each statement stands alone.

    asyncpg's own way is one more round trip, which a link that freezes just then never ends.
    """


@contextlib.asynccontextmanager
async def connect(url: str, *, min_size: int = 1, max_size: int = 8) -> AsyncIterator[Database]:
    """A database, whose connections are closed at the end. Raises StoreUnavailable."""
    with unavailable_when_away():
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            timeout=COMMAND_TIMEOUT,
            reset=_leave_as_it_is,
            server_settings={"application_name": "connect4"},
        )
    try:
        yield Database(pool)
    finally:
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                await pool.close()
        except TimeoutError:
            pool.terminate()


class PostgresEventStore:
    """An EventStore in the table `events`.

    `upcast` brings what was read to the shape that today's code expects; it is applied to all that is read.
    """

    def __init__(self, database: Database, upcast: Callable[[RecordedEvent], RecordedEvent]) -> None:
        self._database, self._upcast = database, upcast

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        if not events:
            raise ValueError("nothing to append")
        try:
            rows = await self._database.fetch(
                "append",
                stream_id,
                expected_version,
                [event.type for event in events],
                [event.schema_version for event in events],
                [_json(event.data) for event in events],
                [_json(event.metadata) for event in events],
            )
        except asyncpg.UniqueViolationError:
            raise WrongExpectedVersion(stream_id, expected_version) from None
        if not rows:
            raise WrongExpectedVersion(stream_id, expected_version)
        return [
            RecordedEvent(
                stream_id=stream_id,
                version=row["version"],
                type=event.type,
                schema_version=event.schema_version,
                data=event.data,
                metadata=event.metadata,
                recorded_at=row["recorded_at"],
                transaction_id=row["transaction_id"],
                position=row["position"],
            )
            for event, row in zip(events, rows, strict=True)
        ]

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


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
