"""Opens connections to a database: to the host that takes writes, directly or through a pooler."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import asyncpg

from server.errors import ReadOnly
from server.store.address import Address, Host
from server.store.sql import statement

logger = logging.getLogger(__name__)

HEAD_START = 0.25
"""Head start of one host before the next is tried beside it, in seconds."""
LOOK_TIMEOUT = 1.0
"""Longest time to ask a host that is not in use whether it was promoted, in seconds."""
STATEMENT_CACHE = 100
"""Prepared statements kept by each direct connection."""

AWAY = (
    OSError,  # cannot connect, or the connection broke; TimeoutError among them
    asyncpg.InterfaceError,  # the connection was closed under us
    asyncpg.InternalClientError,  # what asyncpg raises when a server dies in the middle of an answer
)
"""Errors that asyncpg raises where a connection cannot be used, beside those that Postgres itself reports."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Health(NamedTuple):
    """A database's own report on itself: a row of health.sql."""

    pid: int
    takes_writes: bool
    fsync: str
    synchronous_commit: str
    replicates: bool
    """True if its commits wait for a standby."""

    @property
    def loses(self) -> str | None:
        """The setting that lets it lose what it has committed, if one does."""
        return next((name for name in ("fsync", "synchronous_commit") if getattr(self, name) == "off"), None)


class Lineage(NamedTuple):
    """The history that a primary writes. A standby that is promoted begins a new timeline of the same system,
    while the primary before it, if it is still alive, goes on with the old one and knows nothing of that."""

    system: int
    timeline: int


class Connector:
    """Opens connections to the database at an address. `on_connected` is told what each says of itself,
    before `synchronous_commit` is kept on for it.

    It remembers the newest timeline that it has seen, and connects to no older one. `on_promoted` is called
    where a newer one is seen: all connections that are open lead to a primary that was replaced.
    """

    def __init__(
        self,
        address: Address,
        on_connected: Callable[[Health], None],
        on_promoted: Callable[[], None] = lambda: None,
    ) -> None:
        self._arguments, self._on_connected = address.arguments, on_connected
        self._on_promoted = on_promoted
        self._hosts = list(address.hosts)  # the one that was connected to last comes first
        self._pooled = address.pooled
        self._connected = self._looking = False
        self._newest: Lineage | None = None
        self._watched: dict[Host, Connection] = {}

    async def connect(self) -> Connection:
        """A new connection that takes writes. Raises ReadOnly, and what asyncpg raises; takes as long as it
        takes."""
        if len(self._hosts) == 1:
            return await self._connect_to(self._hosts[0])
        connection = await self._race()
        if not self._connected:  # the host that answered first may have been replaced, and not know it
            self._connected, newest = True, self._newest
            try:
                await self.look(HEAD_START)
            except BaseException:
                connection.terminate()
                raise
            if self._newest != newest:
                connection.terminate()
                connection = await self._race()
        return connection

    async def look(self, timeout: float = LOOK_TIMEOUT) -> None:
        """Ask the hosts that are not in use whether one of them was promoted; none for longer than `timeout`,
        in seconds. A connection to each is kept for this."""
        if not self._connected or self._looking:
            return
        self._looking = True
        try:
            await asyncio.gather(*(self._look_at(host, timeout) for host in self._hosts[1:]))
        finally:
            self._looking = False

    def close(self) -> None:
        """Close the connections that `look` keeps."""
        for connection in self._watched.values():
            connection.terminate()
        self._watched.clear()

    async def _look_at(self, host: Host, timeout: float) -> None:
        connection = self._watched.pop(host, None)
        try:
            async with asyncio.timeout(timeout):
                connection = connection or await self._open(host)
                with contextlib.suppress(ReadOnly):  # it was replaced, and does not know it yet
                    if (await self._ask(connection)).takes_writes:
                        self._admit(host, await self._lineage(connection))
        except BaseException as error:
            if connection:
                connection.terminate()
            if not isinstance(error, (*AWAY, asyncpg.PostgresError, ValueError)):
                raise
        else:
            self._watched[host] = connection

    def _admit(self, host: Host, lineage: Lineage | None) -> None:
        """Note the lineage of a primary. Raises ReadOnly where a newer one is known."""
        newest = self._newest
        if lineage is None or lineage == newest:
            return
        if newest and newest.system == lineage.system and newest.timeline > lineage.timeline:
            raise ReadOnly(f"it is on timeline {lineage.timeline}, and another was promoted since")
        self._newest = lineage
        if newest:
            about = {"timeline": lineage.timeline, "before": newest.timeline}
            logger.warning("another primary took over: no connection to the one before is used", extra=about)
            self._prefer(host)
            self._on_promoted()

    def _prefer(self, host: Host) -> None:
        self._hosts.remove(host)
        self._hosts.insert(0, host)

    async def _race(self) -> Connection:
        """Try the hosts in turn, each a moment after the one before or as soon as that has failed, since one
        that is silent must not use up the time of all."""
        waiting = list(self._hosts)
        attempts: dict[asyncio.Task[Connection], Host] = {}
        errors: list[BaseException] = []
        try:
            while waiting or attempts:
                if waiting:
                    host = waiting.pop(0)
                    attempts[asyncio.create_task(self._connect_to(host))] = host
                done, _ = await asyncio.wait(
                    attempts, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for attempt in done:
                    host = attempts.pop(attempt)
                    if error := attempt.exception():
                        errors.append(error)
                        continue
                    self._hosts.remove(host)
                    self._hosts.insert(0, host)
                    return attempt.result()
        finally:
            for attempt in attempts:
                attempt.cancel()
            for result in await asyncio.gather(*attempts, return_exceptions=True):
                if isinstance(result, asyncpg.Connection):
                    result.terminate()
        raise max(errors, key=lambda error: isinstance(error, ReadOnly))

    async def _connect_to(self, host: Host) -> Connection:
        connection = await self._open(host)
        try:
            health = await self._ask(connection)
            if self._pooled is None:
                # A pooler makes up the process id that it introduces itself with.
                self._pooled = health.pid != connection.get_server_pid()
                if self._pooled:
                    logger.info("the database is behind a pooler: statements are prepared anew each time")
                    connection.terminate()
                    connection = await self._open(host)
            if not health.takes_writes:
                raise ReadOnly("it takes no writes: a standby, or default_transaction_read_only is on")
            self._admit(host, await self._lineage(connection))
            self._on_connected(health)
            if not self._pooled:
                await connection.execute(statement("keep_durable"))
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _lineage(self, connection: Connection) -> Lineage | None:
        """The lineage of a primary; None where it is none of PostgreSQL's own."""
        try:
            row = await connection.fetchrow(statement("lineage"))
        except asyncpg.PostgresError:
            return None
        assert row
        return Lineage(*row)

    async def _open(self, host: Host) -> Connection:
        arguments: dict[str, Any] = dict(self._arguments)
        return await asyncpg.connect(
            arguments.pop("dsn", None),
            host=host.name,
            port=host.port,
            # Behind a pooler the next statement may come to a connection that knows no earlier one.
            statement_cache_size=0 if self._pooled else STATEMENT_CACHE,
            **arguments,
        )

    async def _ask(self, connection: Connection) -> Health:
        if self._pooled is not None:
            row = await connection.fetchrow(statement("health"))
        else:  # in a transaction, which even a pooler gives one connection, and leaving nothing behind
            async with connection.transaction():
                row = await (await connection.prepare(statement("health"), name="")).fetchrow()
        assert row
        return Health(*row)
