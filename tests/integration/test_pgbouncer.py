"""Postgres behind pgbouncer in transaction mode works, found out or told."""

import asyncio

import pytest

from server.errors import NotSent, StoreUnavailable, UnusableDatabase
from server.store.database import Database
from server.store.migrate import migrate
from tests.integration.test_connections import play_to_the_end
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.pgbouncer import pgbouncer
from tests.support.player import PATIENCE
from tests.support.read_side import read_side

GAMES = 10


@pytest.mark.parametrize(
    ("option", "clients"),
    [("", 100), ("&pgbouncer=true", 5)],
    ids=["found out", "told, and few clients"],
)
async def test_games_are_played_to_the_end_behind_pgbouncer(
    cluster: Cluster, option: str, clients: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster.database(template="template0") as name:
        with pgbouncer(cluster.url_of(name), default_pool_size=3, max_client_conn=clients) as url:
            url += option
            assert await migrate(url)
            async with (
                serving.in_process(url, cluster.redis_url) as here,
                serving.in_process(url, cluster.redis_url) as there,
            ):
                await asyncio.gather(*(play_to_the_end(here, there) for _ in range(GAMES)))
                assert (await here.http.get("/readyz")).status_code == 200
                async with read_side(cluster.url_of(name)) as side:
                    assert len(await side.agree()) == GAMES
                assert (await there.http.get("/api/games")).json() == {"games": [], "cursor": None}
    assert [record for record in caplog.records if record.exc_info] == []


async def test_nothing_is_appended_behind_pgbouncer_while_synchronous_commit_is_off(cluster: Cluster) -> None:
    async with cluster.database() as name:
        with pgbouncer(cluster.url_of(name)) as url:
            async with Database.at(url) as database:
                await database.check()
                await cluster.admin(f"ALTER DATABASE {name} SET synchronous_commit = off")
                await cluster.cut(name)
                await until_told(database, "synchronous_commit is off")
                with pytest.raises(NotSent, match="loses what it commits"):
                    await database.append("health")
                await cluster.admin(f"ALTER DATABASE {name} RESET synchronous_commit")
                await cluster.cut(name)
                await until_told(database, "")
                await database.append("health")


async def until_told(database: Database, complaint: str) -> None:
    """Check until the database has this complaint, or none: a connection that was cut may still be tried."""
    async with asyncio.timeout(PATIENCE):
        told = None
        while told is None or complaint not in told or bool(told) is not bool(complaint):
            try:
                await database.check()
                told = ""
            except StoreUnavailable as error:
                told = str(error)


async def test_a_pooler_that_knows_no_transactions_is_refused_in_one_sentence(cluster: Cluster) -> None:
    async with cluster.database() as name:
        with (
            pgbouncer(cluster.url_of(name), pool_mode="statement") as url,
            pytest.raises(UnusableDatabase, match="transaction blocks not allowed in statement pooling mode"),
        ):
            await migrate(url)
