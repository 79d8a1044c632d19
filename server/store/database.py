"""Statements on a pool of connections: bounded in time, and honest about a database that is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg

from server.errors import StoreUnavailable
from server.store.sql import statement

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

    def __init__(
        self,
        pool: asyncpg.Pool,
        on_statement: Callable[[], None],
        on_failure: Callable[[StoreUnavailable], None],
    ) -> None:
        self._pool, self._on_statement, self._on_failure = pool, on_statement, on_failure
        self._kept: list[Connection] = []
        self._closing = False
        self._room = asyncio.Semaphore(pool.get_max_size())
        self._hangs = False
        self._finding_out = False

    @classmethod
    @contextlib.asynccontextmanager
    async def at(
        cls,
        url: str,
        *,
        min_size: int = 1,
        max_size: int = 8,
        on_statement: Callable[[], None] = lambda: None,
        on_failure: Callable[[StoreUnavailable], None] = lambda error: None,
    ) -> AsyncIterator["Database"]:
        """The database at `url`, whose connections are closed at the end.

        `on_statement` is called at each statement that is sent, `on_failure` at each that shows that the
        database cannot be used. Raises StoreUnavailable.
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
        database = cls(pool, on_statement, on_failure)
        try:
            yield database
        finally:
            try:
                async with asyncio.timeout(COMMAND_TIMEOUT):
                    await database.close()
            except TimeoutError:
                pool.terminate()

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
            self._on_failure(error)
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
            if self._closing:
                await self._pool.release(connection)
            else:
                self._kept.append(connection)
            return rows

    async def _connection(self) -> Connection:
        while self._kept:
            connection = self._kept.pop()
            with contextlib.suppress(asyncpg.InterfaceError):  # it was lost, and the pool has its place back
                if not connection.is_closed():
                    return connection
        return await self._pool.acquire(timeout=COMMAND_TIMEOUT)

    async def close(self) -> None:
        """Close every connection, when the statements that are under way have ended."""
        self._closing = True
        while self._kept:
            await self._pool.release(self._kept.pop())
        await self._pool.close()


async def _leave_as_it_is(connection: object) -> None:
    """What to do with a connection that comes back: nothing, where each statement stands alone.

    asyncpg's own way is one more round trip, which a link that freezes just then never ends.
    """
