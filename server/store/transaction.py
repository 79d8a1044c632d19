"""A transaction on one connection, statement by statement."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg

from server.store.connector import Connection


class Transaction:
    """Statements on a connection, each bounded in time. Database.transaction begins and ends it."""

    def __init__(self, connection: Connection, on_statement: Callable[[], None], timeout: float) -> None:
        self._connection, self._on_statement, self._timeout = connection, on_statement, timeout
        self.usable = True
        """False once a statement has had no answer: nobody may use the connection again."""

    @property
    def open(self) -> bool:
        """True while the connection is in a transaction."""
        return self._connection.is_in_transaction()

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of the statement `sql`. Raises what asyncpg raises; TimeoutError."""
        async with self._sending():
            rows: list[asyncpg.Record] = await self._connection.fetch(sql, *args)
        return rows

    async def execute(self, script: str) -> None:
        """Carry out statements without arguments. Raises as `fetch`."""
        async with self._sending():
            await self._connection.execute(script)

    @contextlib.asynccontextmanager
    async def _sending(self) -> AsyncIterator[None]:
        """Note whether the connection is usable after what is sent within."""
        self._on_statement()
        self.usable = False
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except asyncpg.PostgresError as error:
            self.usable = leaves_usable(error)
            raise
        self.usable = True


def leaves_usable(error: asyncpg.PostgresError) -> bool:
    """True if the connection can be used after `error`. FATAL ends it; asyncpg's own complaint about an
    argument has no severity."""
    return (error.severity_en or error.severity) in ("ERROR", None)
