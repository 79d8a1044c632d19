"""A transaction on one connection, statement by statement."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import asyncpg

from server.store.connector import Connection

T = TypeVar("T")


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
        return await self._sent(self._connection.fetch(sql, *args, timeout=self._timeout))

    async def execute(self, script: str) -> None:
        """Carry out statements without arguments. Raises as `fetch`."""
        await self._sent(self._connection.execute(script, timeout=self._timeout))

    async def _sent(self, answer: Coroutine[Any, Any, T]) -> T:
        """The answer to what is sent. Notes whether the connection is usable after it."""
        self._on_statement()
        self.usable = False
        try:
            found = await answer
        except asyncpg.PostgresError as error:
            self.usable = leaves_usable(error)
            raise
        self.usable = True
        return found


def leaves_usable(error: asyncpg.PostgresError) -> bool:
    """True if the connection can be used after `error`. FATAL ends it; asyncpg's own complaint about an
    argument has no severity."""
    return (error.severity_en or error.severity) in ("ERROR", None)
