"""Brings the database to the schema that this release knows: numbered SQL files, each run once.

The first lines of a file say how it is run:

- `-- Oldest release beside it: 0.2.0`: servers of that release and later may run, and start, while the
  database has this migration. For a rolling upgrade it has to be the release before or an older one.
- `-- Outside a transaction`: each statement runs by itself, as CREATE INDEX CONCURRENTLY has to. It must be
  harmless to run again what an interrupted attempt has left.

A migration adds; it never rewrites what is recorded.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from server import __version__
from server.errors import CannotMigrate, SchemaTooNew
from server.store import startup
from server.store.connector import Connection
from server.store.sql import statement

logger = logging.getLogger(__name__)

LOCK = 0x_C044_EC74
"""The advisory lock that servers starting together take in turn. Any number that nobody else uses."""
LOCK_TIMEOUT = 2000
"""Longest wait for a table's lock, in milliseconds: while a migration waits, so does everybody behind it."""
ATTEMPTS = 15
"""Most attempts at a migration that does not get its lock."""
PAUSE = 1.0
"""Pause between two attempts, in seconds, for those who waited behind the one before."""

_OLDEST_RELEASE = re.compile(r"^-- Oldest release beside it: ([0-9.]+)$", re.MULTILINE)
_OUTSIDE_TRANSACTION = re.compile(r"^-- Outside a transaction$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `oldest_release` is the oldest that may run beside it."""

    number: int
    name: str
    sql: str

    @property
    def oldest_release(self) -> str:
        found = _OLDEST_RELEASE.search(self.sql)
        assert found, f"{self.name} does not say which release may run beside it"
        return found[1]

    @property
    def in_transaction(self) -> bool:
        return not _OUTSIDE_TRANSACTION.search(self.sql)


async def migrate(url: str) -> list[int]:
    """Run the migrations that the database at `url` has not had; returns their numbers.

    Under a lock: of servers that start together one migrates and the others wait. Each migration is whole or
    not there at all; after a failure the next start goes on with it.
    Raises BadAddress; UnusableDatabase; NotDurable; SchemaTooNew; CannotMigrate.
    """
    # The work is done on a second connection. This one holds the lock, and may hold no snapshot, for which
    # CREATE INDEX CONCURRENTLY would wait: so no parameter, whose portal would stay open.
    async with startup.connection(url) as connection, connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        async with startup.connection(url) as working:
            ran = await _run_missing(working)
    if ran:
        logger.info("migrated the database", extra={"migrations": ran})
    return ran


async def _run_missing(connection: Connection) -> list[int]:
    known = {migration.number: migration for migration in _migrations()}
    await connection.execute(statement("create_migrations"))
    done = {row["number"]: row["oldest_release"] for row in await connection.fetch(statement("migrations"))}
    for number in done.keys() - known.keys():
        if (oldest := done[number]) is None or _release(oldest) > _release(__version__):
            raise SchemaTooNew(__version__, oldest)
    missing = sorted(known.keys() - done.keys())
    for number in missing:
        await _run(connection, known[number])
    return missing


async def _run(connection: Connection, migration: Migration) -> None:
    """Run `migration`; again after a pause where it does not get a lock. Raises CannotMigrate."""
    for _ in range(ATTEMPTS):
        try:
            if migration.in_transaction:
                async with connection.transaction():
                    await connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
                    await connection.execute(migration.sql)
                    await _note(connection, migration)
            else:
                for part in migration.sql.split(";\n"):
                    if part.strip():
                        await connection.execute(part)
                await _note(connection, migration)
            return
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(PAUSE)
    raise CannotMigrate(migration.name)


async def _note(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        statement("add_migration"), migration.number, migration.name, migration.oldest_release
    )


def _migrations() -> list[Migration]:
    """The migrations of this release, in their order."""
    found = (
        path for path in files(__package__).joinpath("migrations").iterdir() if path.name.endswith(".sql")
    )
    return sorted(
        (Migration(int(path.name.split("_")[0]), path.name, path.read_text("utf-8")) for path in found),
        key=lambda migration: migration.number,
    )


def _release(text: str) -> tuple[int, ...]:
    """A release as what can be compared: 0.10.0 is later than 0.9.1."""
    return tuple(int(part) for part in text.split("."))
