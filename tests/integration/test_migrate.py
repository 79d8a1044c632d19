import asyncio

import asyncpg
import pytest

from server.errors import NotDurable, SchemaTooNew, UnusableDatabase
from server.store.migrate import migrate
from tests.support.cluster import Cluster


async def test_servers_that_start_together_migrate_once(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        ran = await asyncio.gather(*(migrate(cluster.url_of(name)) for _ in range(8)))
    assert sorted(ran) == [[]] * 7 + [[1, 2]]


async def test_a_database_of_a_newer_release_is_left_alone(cluster: Cluster) -> None:
    async with cluster.database() as name:
        connection = await asyncpg.connect(cluster.url_of(name))
        await connection.execute("INSERT INTO migrations (number, name) VALUES (999, '0999_future.sql')")
        await connection.close()
        with pytest.raises(SchemaTooNew, match=r"at schema 999, and this server knows none past \d+\.$"):
            await migrate(cluster.url_of(name))


async def test_a_database_that_promises_nothing_is_refused(cluster: Cluster) -> None:
    async with cluster.database() as name:
        await cluster.admin(f"ALTER DATABASE {name} SET synchronous_commit = off")
        with pytest.raises(NotDurable, match="synchronous_commit = off"):
            await migrate(cluster.url_of(name))


async def test_a_migration_that_fails_leaves_nothing(cluster: Cluster) -> None:
    async with cluster.database(template="template0") as name:
        connection = await asyncpg.connect(cluster.url_of(name))
        await connection.execute("CREATE TABLE credentials ()")  # in the way of the second migration
        with pytest.raises(UnusableDatabase, match='"credentials" already exists'):
            await migrate(cluster.url_of(name))
        assert await connection.fetchval("SELECT to_regclass('events')") is None
        await connection.execute("DROP TABLE credentials")
        await connection.close()
        assert await migrate(cluster.url_of(name)) == [1, 2]
