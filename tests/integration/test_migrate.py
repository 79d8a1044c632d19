import asyncio

import asyncpg
import pytest

from server.errors import CannotMigrate, NotDurable, SchemaTooNew, UnusableDatabase
from server.store import migrate as migrate_module
from server.store.migrate import Migration, migrate
from tests.support.cluster import Cluster


async def test_servers_that_start_together_migrate_once(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        ran = await asyncio.gather(*(migrate(cluster.url_of(name)) for _ in range(8)))
    assert sorted(ran) == [[]] * 7 + [[1, 2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize("oldest", ["0.1.0", "0.2.0"])
async def test_a_server_starts_beside_a_newer_release_that_allows_it(cluster: Cluster, oldest: str) -> None:
    async with cluster.database() as name:
        await future_migration(cluster.url_of(name), oldest)
        assert await migrate(cluster.url_of(name)) == []


@pytest.mark.parametrize(
    ("oldest", "needed"),
    [("0.3.0", "release 0.3.0 or later"), ("0.10.0", "release 0.10.0"), (None, "a newer")],
)
async def test_a_server_does_not_start_beside_a_newer_release_that_forbids_it(
    cluster: Cluster, oldest: str | None, needed: str
) -> None:
    async with cluster.database() as name:
        await future_migration(cluster.url_of(name), oldest)
        with pytest.raises(SchemaTooNew, match=f"^The database needs {needed}"):
            await migrate(cluster.url_of(name))


async def future_migration(url: str, oldest: str | None) -> None:
    """Do what a later release does to the table of migrations."""
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO migrations VALUES (999, '0999_future.sql', now(), $1)", oldest)
    await connection.close()


async def test_a_database_that_promises_nothing_is_refused(cluster: Cluster) -> None:
    async with cluster.database() as name:
        await cluster.admin(f"ALTER DATABASE {name} SET synchronous_commit = off")
        with pytest.raises(NotDurable, match="synchronous_commit = off"):
            await migrate(cluster.url_of(name))


async def test_a_migration_that_fails_leaves_nothing_and_the_next_start_goes_on(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        connection = await asyncpg.connect(cluster.url_of(name))
        await connection.execute("CREATE TABLE credentials ()")  # in the way of the second migration
        with pytest.raises(UnusableDatabase, match='"credentials" already exists'):
            await migrate(cluster.url_of(name))
        assert await connection.fetchval("SELECT array_agg(number) FROM migrations") == [1]
        await connection.execute("DROP TABLE credentials")
        await connection.close()
        assert await migrate(cluster.url_of(name)) == [2, 3, 4, 5, 6, 7]


async def test_a_migration_waits_for_a_lock_a_short_time_and_often(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_module, "LOCK_TIMEOUT", 20)
    monkeypatch.setattr(migrate_module, "ATTEMPTS", 2)
    monkeypatch.setattr(migrate_module, "PAUSE", 0)
    alters = Migration(
        999, "0999_alters.sql", "-- Oldest release beside it: 0.2.0\nALTER TABLE events ADD x int"
    )
    async with cluster.database() as name:
        reader, migrating = [await asyncpg.connect(cluster.url_of(name)) for _ in range(2)]
        async with reader.transaction():
            await reader.execute("SELECT FROM events")
            with pytest.raises(CannotMigrate, match=r"0999_alters\.sql does not get its lock"):
                await migrate_module._run(migrating, alters)
        await migrate_module._run(migrating, alters)
        assert await reader.fetchval("SELECT max(number) FROM migrations") == 999
        for connection in (reader, migrating):
            await connection.close()


async def test_an_index_is_built_while_others_write(cluster: Cluster) -> None:
    """CREATE INDEX CONCURRENTLY, outside a transaction, under the lock that servers take in turn."""
    sql = """-- Oldest release beside it: 0.2.0
-- Outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS by_type;
CREATE INDEX CONCURRENTLY by_type ON events (type);
"""
    async with cluster.database() as name:
        holding, migrating = [await asyncpg.connect(cluster.url_of(name)) for _ in range(2)]
        async with holding.transaction():
            await holding.execute(f"SELECT pg_advisory_xact_lock({migrate_module.LOCK})")
            await migrate_module._run(migrating, Migration(999, "0999_by_type.sql", sql))
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_type'::regclass"
        assert await holding.fetchval(valid)
        for connection in (holding, migrating):
            await connection.close()
