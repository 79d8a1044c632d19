"""Brings the database to the schema that this server knows: numbered SQL files, each run once."""

import logging
from importlib.resources import files

from server.errors import SchemaTooNew
from server.store import startup
from server.store.sql import statement

logger = logging.getLogger(__name__)

LOCK = 0x_C044_EC74
"""The advisory lock that servers starting together take in turn. Any number that nobody else uses."""


async def migrate(url: str) -> list[int]:
    """Run the migrations that the database at `url` has not had; returns their numbers.

    All in one transaction, under a lock: of servers that start together one migrates and the others wait.
    Raises BadAddress; UnusableDatabase; NotDurable; SchemaTooNew.
    """
    known = _migrations()
    async with startup.connection(url) as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await connection.execute(statement("create_migrations"))
        done = {row["number"] for row in await connection.fetch("SELECT number FROM migrations")}
        if unknown := done - known.keys():
            raise SchemaTooNew(max(unknown), max(known))
        missing = sorted(known.keys() - done)
        for number in missing:
            name, sql = known[number]
            await connection.execute(sql)
            await connection.execute(statement("add_migration"), number, name)
    if missing:
        logger.info("migrated the database", extra={"migrations": missing})
    return missing


def _migrations() -> dict[int, tuple[str, str]]:
    """The migrations of this release: number → (name, SQL)."""
    found = (
        path for path in files(__package__).joinpath("migrations").iterdir() if path.name.endswith(".sql")
    )
    return {int(path.name.split("_")[0]): (path.name, path.read_text("utf-8")) for path in found}
