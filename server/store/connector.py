"""Opens connections to a database: to the host that takes writes, directly or through a pooler."""

import asyncio
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
STATEMENT_CACHE = 100
"""Prepared statements kept by each direct connection."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Health(NamedTuple):
    """A database's own report on itself: a row of health.sql."""

    pid: int
    takes_writes: bool
    fsync: str
    synchronous_commit: str

    @property
    def loses(self) -> str | None:
        """The setting that lets it lose what it has committed, if one does."""
        return next((name for name in ("fsync", "synchronous_commit") if getattr(self, name) == "off"), None)


class Connector:
    """Opens connections to the database at an address. `on_connected` is told what each says of itself,
    before `synchronous_commit` is kept on for it."""

    def __init__(self, address: Address, on_connected: Callable[[Health], None]) -> None:
        self._arguments, self._on_connected = address.arguments, on_connected
        self._hosts = list(address.hosts)  # the one that was connected to last comes first
        self._pooled = address.pooled

    async def connect(self) -> Connection:
        """A new connection that takes writes. Raises ReadOnly, and what asyncpg raises; takes as long as it
        takes."""
        if len(self._hosts) == 1:
            return await self._connect_to(self._hosts[0])
        return await self._race()

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
            self._on_connected(health)
            if not self._pooled:
                await connection.execute(statement("keep_durable"))
        except BaseException:
            connection.terminate()
            raise
        return connection

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
