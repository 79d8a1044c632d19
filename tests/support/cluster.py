"""A Postgres and a Valkey for the tests, as the server itself starts them, and databases in that Postgres."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg

from server.store.migrate import migrate

TEMPLATE = "migrated"


@dataclass
class Cluster:
    """Postgres and Valkey of a whole test session."""

    database_url: str
    redis_url: str
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def admin_url(self) -> str:
        """The URL for the superuser."""
        return self.database_url.replace("//connect4@/connect4", "//postgres@/postgres")

    def url_of(self, database: str, user: str = "connect4") -> str:
        return self.database_url.replace("//connect4@/connect4", f"//{user}@/{database}")

    @staticmethod
    def name_of(url: str) -> str:
        """The name of the database at `url`."""
        return urlsplit(url).path.strip("/")

    async def admin(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.admin_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def cut(self, database: str) -> None:
        """Terminate every connection to `database`."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database
            )
        finally:
            await connection.close()

    async def make_template(self) -> None:
        """Migrate one database, of which the tests' own are copies.

        No autovacuum comes in the middle of a test, with new statistics for the planner or a transaction that
        holds back readers of the log.
        """
        await self.admin("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
        await self.admin(f"CREATE DATABASE {TEMPLATE} OWNER connect4")
        await migrate(self.url_of(TEMPLATE))

    @contextlib.asynccontextmanager
    async def database(self, template: str = TEMPLATE) -> AsyncIterator[str]:
        """A database that is dropped at the end; yields its name."""
        name = f"test_{next(self._numbers)}"
        await self.admin(f"CREATE DATABASE {name} OWNER connect4 TEMPLATE {template}")
        try:
            yield name
        finally:
            await self.admin(f"DROP DATABASE {name} WITH (FORCE)")
