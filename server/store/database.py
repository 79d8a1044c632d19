"""Statements on a pool of connections: bounded in time, and exact about a database that is away."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg

from server.errors import NotSent, OutcomeUnknown, ReadOnly, StoreUnavailable
from server.store import address
from server.store.connector import AWAY, Connection, Connector, Health
from server.store.pool import Lease, Pool, Share
from server.store.sql import statement
from server.store.transaction import Transaction, leaves_usable

logger = logging.getLogger(__name__)

COMMAND_TIMEOUT = 2.0
"""Longest time that a statement takes, or a connection to be opened, in seconds."""
WAIT_TIMEOUT = 5.0
"""Longest wait for a connection while all are in use by others, in seconds."""
AGING_INTERVAL = 1.0
"""Time from one look at the age of connections to the next, in seconds."""
LOOK_INTERVAL = 1.0
"""Time from one look for a promoted standby to the next, in seconds."""
WAIT_FOR_STANDBY = "SyncRepWaitForLSN"
"""The function of Postgres that warns of a commit whose wait for the standby was ended before its time."""
SIZE = 8
"""Default size of the pool, in connections."""

_AWAY = (
    *AWAY,
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.TransactionRollbackError,  # class 40: a deadlock, or a conflict between serializable transactions
    asyncpg.InsufficientResourcesError,  # class 53: disk full, too many connections
    asyncpg.LockNotAvailableError,  # the role's lock_timeout
    asyncpg.OperatorInterventionError,  # class 57: shutting down, starting up, terminated, cancelled
    asyncpg.PostgresSystemError,  # class 58: I/O error
    asyncpg.ReadOnlySQLTransactionError,  # a standby, in the middle of a failover
)
"""Errors that asyncpg raises where the database is away or cannot do its work. The rest are bugs of ours."""


class Database:
    """Statements on a pool of connections.

    While the database hangs, one statement at a time finds out whether it still does, and the others fail at
    once: nobody queues for what does not answer. To wait for a connection that others use is no sign of that.
    """

    def __init__(
        self,
        url: str,
        size: int,
        on_statement: Callable[[], None],
        on_failure: Callable[[StoreUnavailable], None],
        used_for: str = "",
    ) -> None:
        self.on_promoted: Callable[[], None] = lambda: None
        """Called where another host was promoted, which may lack what was read from the one before."""
        self._connector = Connector(address.parse(url).named(used_for), self._on_connected, self._on_promoted)
        self._pool = Pool(self._connect, size)
        self._on_statement, self._on_failure = on_statement, on_failure
        self._answers = 0
        self._hangs = self._probing = False
        self._loses: str | None = None
        """The setting by which the database loses what it commits, if there is one."""
        self._replicates = False
        """True if commits wait for a standby."""
        self._doubts = 0
        """Number of times that what was answered by then may be on no standby, or on no primary any more."""

    @classmethod
    @contextlib.asynccontextmanager
    async def at(
        cls,
        url: str,
        *,
        size: int = SIZE,
        on_statement: Callable[[], None] = lambda: None,
        on_failure: Callable[[StoreUnavailable], None] = lambda error: None,
        used_for: str = "",
    ) -> AsyncIterator["Database"]:
        """The database at `url`, with at most `size` connections, which are closed at the end.

        A database that is away at the start may come back, as later too: `migrate` is what needs it there.
        `on_statement` is called at each statement that is sent, `on_failure` at each that shows that the
        database cannot be used. `used_for` is added to the connections' `application_name`.
        Raises BadAddress.
        """
        database = cls(url, size, on_statement, on_failure, used_for)
        try:
            with contextlib.suppress(StoreUnavailable):
                await database._run("health", (), database._pool.preferred)
            tasks = [asyncio.create_task(database._age()), asyncio.create_task(database._look())]
            try:
                yield database
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        finally:
            database._pool.close()
            database._connector.close()

    async def fetch(self, name: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of the statement `name`. Raises NotSent, OutcomeUnknown."""
        return await self._run(name, args, self._pool.others)

    async def read(self, name: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of the statement `name`, in a transaction that may write nothing, on a connection that is
        reserved for this. Raises NotSent, OutcomeUnknown."""
        async with self._transaction(self._pool.preferred, "BEGIN READ ONLY") as transaction:
            return await transaction.fetch(statement(name), *args)

    def transaction(self, *, appends: bool = False) -> contextlib.AbstractAsyncContextManager[Transaction]:
        """A transaction on one connection: committed at the end of the context unless it was before, and
        undone where that is left by an error. One that `appends` to the log is not begun in a database that
        would lose it. Raises NotSent; OutcomeUnknown, at its end too."""
        if appends and self._loses:
            raise NotSent("it loses what it commits")
        return self._transaction(self._pool.others, "BEGIN")

    @contextlib.asynccontextmanager
    async def _transaction(self, share: Share, begin: str) -> AsyncIterator[Transaction]:
        lease = self._pool.take(share) or await self._acquire(share)
        transaction = Transaction(lease.connection, self._on_statement, COMMAND_TIMEOUT)
        try:
            with self._noticing():
                await transaction.execute(begin)
                yield transaction
                if transaction.open:
                    await transaction.execute("COMMIT")
        except Exception:
            if transaction.usable and transaction.open:
                with contextlib.suppress(*_AWAY):
                    await transaction.execute("ROLLBACK")
            raise
        finally:
            self._pool.give_back(lease, reusable=transaction.usable and not transaction.open)

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        """Raise OutcomeUnknown for errors that show that the database is away or cannot do its work."""
        answers, doubts = self._answers, self._doubts
        try:
            yield
        except _AWAY as error:
            if isinstance(error, TimeoutError):
                self._not_answered(answers)
            elif isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                self._pool.expire()
            raise self._failed(OutcomeUnknown(_described(error))) from error
        self._answered()
        self._check_doubts(doubts)

    async def append(self, name: str, *args: Any) -> list[asyncpg.Record]:
        """The same for a statement that appends to the log: it has connections of its own, and is not sent to
        a database that would lose it. Raises NotSent, OutcomeUnknown."""
        if self._loses:
            raise NotSent("it loses what it commits")
        return await self._run(name, args, self._pool.preferred)

    async def confirm(self) -> None:
        """Return once all that can be read now is as durable as what was appended. Raises StoreUnavailable.

        A primary whose standby is away, or that was replaced by it, shows commits that it has alone: those
        whose wait for the standby was ended, or that it has recovered after a crash.
        """
        if self._replicates:
            await self._run("confirm", (), self._pool.preferred)

    async def check(self) -> None:
        """Return if the database takes writes and keeps them. Raises StoreUnavailable."""
        [row] = await self._run("health", (), self._pool.preferred)
        health = Health(*row)
        if not health.takes_writes:
            self._pool.expire()
            raise ReadOnly("it takes no writes")
        self._replicates = health.replicates
        self._note_durability(health.loses)
        if health.loses:
            raise NotSent(f"its setting {health.loses} is off")

    async def _run(self, name: str, args: tuple[Any, ...], share: Share) -> list[asyncpg.Record]:
        probing = self._hangs
        if not probing:
            return await self._send(name, args, share)
        if self._probing:
            raise NotSent("it did not answer a moment ago")
        self._probing = True
        try:
            return await self._send(name, args, share)
        finally:
            self._probing = False

    async def _send(self, name: str, args: tuple[Any, ...], share: Share) -> list[asyncpg.Record]:
        lease = self._pool.take(share) or await self._acquire(share)
        # It is open, and nothing else runs until the statement is written to its socket: what fails was sent.
        answers, doubts, reusable = self._answers, self._doubts, False
        try:
            self._on_statement()
            rows: list[asyncpg.Record] = await lease.connection.fetch(
                statement(name), *args, timeout=COMMAND_TIMEOUT
            )
            reusable = True
        except asyncpg.PostgresError as error:
            reusable = leaves_usable(error)
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                reusable = False
                self._pool.expire()  # the others lead to the same place
            self._answered()
            if isinstance(error, _AWAY):
                raise self._failed(OutcomeUnknown(_described(error))) from error
            raise
        except _AWAY as error:
            if isinstance(error, TimeoutError):
                self._not_answered(answers)
            raise self._failed(OutcomeUnknown(_described(error))) from error
        finally:
            self._pool.give_back(lease, reusable=reusable)
        self._answered()
        self._check_doubts(doubts)
        return rows

    async def _acquire(self, share: Share) -> Lease:
        try:
            async with asyncio.timeout(WAIT_TIMEOUT):
                return await self._pool.acquire(share)
        except TimeoutError as error:
            raise NotSent("no connection became free in time") from error
        # ValueError: asyncpg reads environment variables of libpq's.
        except (*_AWAY, asyncpg.PostgresError, ValueError) as error:
            raise self._failed(NotSent(_described(error))) from error

    async def _connect(self) -> Connection:
        answers = self._answers
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                connection = await self._connector.connect()
        except TimeoutError as error:
            self._not_answered(answers)
            raise self._failed(NotSent("it cannot be connected to in time")) from error
        connection.add_log_listener(self._on_log)
        return connection

    def _not_answered(self, answers: int) -> None:
        """Somebody waited in vain: the database hangs, unless there are more `answers` by now."""
        if self._answers == answers:
            self._hangs = True
            self._pool.expire()  # its machine may be gone: none of them would answer, one after the other
            self._pool.refuse_waiting("it does not answer")

    def _answered(self) -> None:
        self._answers += 1
        self._hangs = False

    def _failed(self, error: StoreUnavailable) -> StoreUnavailable:
        self._on_failure(error)
        return error

    def _check_doubts(self, before: int) -> None:
        """Raise OutcomeUnknown where there are more doubts than `before` the statement."""
        if self._doubts != before:
            raise self._failed(OutcomeUnknown("it was answered by a primary that may have been replaced"))

    def _on_promoted(self) -> None:
        """Send no statement to the primary that was replaced any more, and doubt the answers under way."""
        self._doubts += 1
        self._pool.expire()
        self.on_promoted()

    def _on_log(self, connection: object, message: asyncpg.PostgresLogMessage) -> None:
        """Notice a commit that did not wait for the standby to the end: its wait was cancelled, as by an
        operator. Postgres reports success all the same."""
        if message.as_dict().get("server_source_function") == WAIT_FOR_STANDBY:
            self._doubts += 1

    def _on_connected(self, health: Health) -> None:
        self._replicates = health.replicates
        if health.fsync == "off":  # synchronous_commit is kept on by the connector
            self._note_durability("fsync")

    def _note_durability(self, loses: str | None) -> None:
        if loses and not self._loses:
            logger.error("database loses what it commits, so writes are refused", extra={"setting": loses})
        self._loses = loses

    async def _look(self) -> None:
        """Look for a standby that was promoted, until cancelled. The primary before may not know of it."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            await self._connector.look()

    async def _age(self) -> None:
        """Close connections that are old or have been idle, until cancelled."""
        while True:
            await asyncio.sleep(AGING_INTERVAL)
            self._pool.age()


def first_line(error: BaseException) -> str:
    """The message of an error, without the details behind it, which may hold what the statement was about."""
    return str(error).partition("\n")[0]


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {first_line(error)}"
