"""Few connections are enough, a full pool is no dead database, and no connection is kept for ever."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from server.errors import NotSent, OutcomeUnknown
from server.game.events import MoveMade
from server.store import codec, postgres
from server.store import database as database_module
from server.store import pool as pool_module
from server.store.database import Database
from server.store.event_store import EMPTY, StreamId
from tests.conftest import Serve
from tests.integration.test_playing import YELLOW_WINS, play
from tests.support.cluster import Cluster
from tests.support.events import METADATA
from tests.support.player import PATIENCE, Api
from tests.support.scenario import ADA

EVENT = codec.encode(MoveMade(player=ADA, column=3), METADATA)


async def play_to_the_end(here: Api, there: Api) -> None:
    """A whole game, its players on two servers."""
    created = await here.create()
    joined = await there.join(created["game"])
    async with (
        here.seated(created["game"], created["token"]) as ada,
        there.seated(created["game"], joined["token"]) as grace,
    ):
        await play((ada, grace), YELLOW_WINS)


@pytest.mark.parametrize(("games", "servers", "limit"), [(50, 1, 3), (20, 2, 4)])
async def test_many_games_are_played_to_the_end_on_few_connections(
    serve: Serve, cluster: Cluster, database: str, games: int, servers: int, limit: int
) -> None:
    await cluster.admin(f"ALTER DATABASE {Cluster.name_of(database)} CONNECTION LIMIT {limit}")
    async with contextlib.AsyncExitStack() as stack:
        apis = [await stack.enter_async_context(serve(games_per_minute=1000)) for _ in range(servers)]
        await asyncio.gather(*(play_to_the_end(apis[0], apis[-1]) for _ in range(games)))


@contextlib.asynccontextmanager
async def locked(url: str, table: str, mode: str) -> AsyncIterator[None]:
    """A time in which statements on `table` wait."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN {mode} MODE")
            yield
    finally:
        await connection.close()


async def test_reads_never_take_the_connections_of_appends_and_waiting_for_one_is_no_failure(
    database: str,
) -> None:
    async with (
        Database.at(database, size=4) as connected,
        postgres.event_store(connected, codec.upcast) as store,
    ):
        async with locked(database, "credentials", "ACCESS EXCLUSIVE"):
            reads = [
                asyncio.create_task(connected.fetch("credentials_of_game", uuid4(), b"")) for _ in range(20)
            ]
            await store.append(StreamId(uuid4()), EMPTY, [EVENT])
            await connected.check()
            assert not any(read.done() for read in reads)
        assert await asyncio.gather(*reads) == [[]] * 20


async def test_statements_that_others_hold_up_do_not_make_a_database_dead(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Database.at(database, size=4) as connected,
        locked(database, "credentials", "ACCESS EXCLUSIVE"),
    ):
        await asyncio.gather(*(connected.fetch("health") for _ in range(2)))
        with monkeypatch.context() as patch:
            patch.setattr(database_module, "COMMAND_TIMEOUT", 0.5)
            patch.setattr(database_module, "WAIT_TIMEOUT", 0.1)
            reads = [
                asyncio.create_task(connected.fetch("credentials_of_game", uuid4(), b"")) for _ in range(6)
            ]
            await asyncio.sleep(0)  # by now two are sent, and the others wait for a connection
        while not all(read.done() for read in reads):
            await connected.check()
            await asyncio.sleep(0.05)
        outcomes = await asyncio.gather(*reads, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {NotSent, OutcomeUnknown}
        await connected.fetch("health")


async def test_a_connection_on_which_something_was_sent_in_vain_is_not_used_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = StreamId(uuid4())
    async with (
        Database.at(database) as connected,
        postgres.event_store(connected, codec.upcast) as store,
    ):
        before = [lease.connection for lease in connected._pool._idle]
        async with locked(database, "events", "SHARE"):
            with monkeypatch.context() as patch:
                patch.setattr(database_module, "COMMAND_TIMEOUT", 0.5)
                with pytest.raises(OutcomeUnknown):
                    await store.append(stream, EMPTY, [EVENT])
        assert all(connection.is_closed() for connection in before)
        await store.append(StreamId(uuid4()), EMPTY, [EVENT])


async def connections(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(
            await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'connect4'"
                " AND datname = current_database()"
            )
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("age", ["IDLE", "LIFETIME"])
async def test_a_connection_is_closed_with_age(
    database: str, monkeypatch: pytest.MonkeyPatch, age: str
) -> None:
    monkeypatch.setattr(database_module, "AGING_INTERVAL", 3600)
    async with Database.at(database) as connected:
        await asyncio.gather(*(connected.fetch("health") for _ in range(5)))
        assert await connections(database) == 5
        monkeypatch.setattr(pool_module, age, 0.0)
        connected._pool.age()
        if age == "LIFETIME":
            await asyncio.gather(*(connected.fetch("health") for _ in range(5)))
        async with asyncio.timeout(PATIENCE):
            while await connections(database):
                await asyncio.sleep(0.01)
        await connected.check()
