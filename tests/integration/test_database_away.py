"""Postgres goes away and comes back: nobody is told a lie, and nobody has to reconnect."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import psutil
import pytest

from server.errors import NotSent, StoreUnavailable
from server.host import embedded
from server.store.database import Database
from server.store.migrate import migrate
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, Json, Socket


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with embedded.running(tmp_path, None, None) as urls:
        yield urls


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.usefixtures("usual_timeouts")
async def test_a_command_is_refused_while_postgres_is_away_and_can_be_sent_again(
    own_cluster: tuple[str, str],
) -> None:
    database, redis = own_cluster
    await migrate(database)
    async with serving.in_process(database, redis) as api:
        game, yellow, red = await api.start()
        id = uuid4()
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            with contextlib.ExitStack() as stack:
                for pid in await backends(database):
                    stack.enter_context(paused(pid))
                assert (await ada.ask("move", id, column=3))["code"] == "unavailable"
                assert (await api.http.get("/readyz")).status_code == 503
                answer = await api.http.get(f"/api/games/{game}")
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                await ada.send(type="ping")
                await ada.hear("pong")
            again = await until_accepted(ada, id, 3)
            assert again["version"] == 5
            await grace.hear_version(5)
        assert (await api.state(game))["moves"] == "4"


async def test_a_server_that_starts_while_postgres_is_away_serves_as_soon_as_it_is_back(
    cluster: Cluster, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As a worker does whose Postgres ends between its migration and its first statement."""
    allow = f"ALTER DATABASE {cluster.name_of(database)} ALLOW_CONNECTIONS "
    await cluster.admin(allow + "false")
    async with serving.in_process(database, cluster.redis_url) as api:
        assert (await api.http.get("/readyz")).status_code == 503
        await cluster.admin(allow + "true")
        async with asyncio.timeout(PATIENCE):
            while (await api.http.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        await api.start()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_connections_that_were_cut_are_made_anew(own_cluster: tuple[str, str]) -> None:
    database, redis = own_cluster
    await migrate(database)
    async with serving.in_process(database, redis) as api:
        game, yellow, red = await api.start()
        async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
            for player, column in ((ada, 3), (grace, 3), (ada, 4)):
                admin = await asyncpg.connect(database.replace("//connect4@", "//postgres@"))
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'connect4' AND pid <> pg_backend_pid()"
                )
                await admin.close()
                await until_accepted(player, uuid4(), column)
            await grace.hear_version(7)
        assert (await api.state(game))["moves"] == "445"


async def test_connections_that_were_cut_while_nobody_used_them_refuse_nothing(
    own_cluster: tuple[str, str],
) -> None:
    url, _ = own_cluster
    async with Database.at(url) as database:
        await asyncio.gather(*(database.fetch("health") for _ in range(6)))
        admin = await asyncpg.connect(url.replace("//connect4@", "//postgres@"))
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'connect4'"
        )
        await admin.close()
        async with asyncio.timeout(PATIENCE):
            while any(not lease.connection.is_closed() for lease in database._pool._idle):
                await asyncio.sleep(0.01)
        await asyncio.gather(*(database.fetch("health") for _ in range(6)))


@pytest.mark.usefixtures("usual_timeouts")
async def test_while_the_database_hangs_one_statement_waits_for_it_and_the_others_do_not(
    own_cluster: tuple[str, str],
) -> None:
    url, _ = own_cluster
    async with Database.at(url) as database:
        with contextlib.ExitStack() as stack:
            for pid in await backends(url):
                stack.enter_context(paused(pid))
            with pytest.raises(StoreUnavailable):
                await database.fetch("health")
            waiting = [asyncio.create_task(database.fetch("health")) for _ in range(50)]
            for _ in range(5):
                await asyncio.sleep(0)
            assert sum(not task.done() for task in waiting) <= 1, "none where the server itself asks"
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert {type(result) for result in results} == {NotSent}
        await until_answered(database)


async def test_settings_that_would_lose_moves_are_noticed_while_the_server_runs(
    own_cluster: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    database, redis = own_cluster
    await migrate(database)
    async with serving.in_process(database, redis) as api:
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            await configure(database, "fsync", "off")
            async with asyncio.timeout(PATIENCE):
                while (await api.http.get("/readyz")).status_code != 503:
                    await asyncio.sleep(0.05)
            id = uuid4()
            for _ in range(3):
                assert (await ada.ask("move", id, column=3))["code"] == "unavailable"
            await configure(database, "fsync", "on")
            await until_accepted(ada, id, 3)
        assert (await api.http.get("/readyz")).status_code == 200
    said = [record for record in caplog.records if record.name == "server.store.database"]
    assert [(record.levelname, getattr(record, "setting", "")) for record in said] == [("ERROR", "fsync")]


async def test_synchronous_commit_cannot_be_turned_off_under_a_running_server(
    own_cluster: tuple[str, str],
) -> None:
    url, _ = own_cluster
    async with Database.at(url) as database:
        await configure(url, "synchronous_commit", "off")
        for _ in range(2):  # the connection that was there, and a new one
            await database.check()
            [row] = await database.fetch("health")
            assert row["synchronous_commit"] == "on"
            database._pool.expire()


async def configure(url: str, setting: str, value: str) -> None:
    """Change the configuration of the whole server, and wait until it is in force."""
    admin = await asyncpg.connect(url.replace("//connect4@", "//postgres@"))
    await admin.execute(f"ALTER SYSTEM SET {setting} = {value}")
    await admin.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(PATIENCE):
        while await admin.fetchval("SELECT current_setting($1)", setting) != value:
            await asyncio.sleep(0.01)
    await admin.close()


async def until_answered(database: Database) -> None:
    while True:
        with contextlib.suppress(StoreUnavailable):
            await database.fetch("health")
            return


async def until_accepted(player: Socket, id: UUID, column: int) -> Json:
    """Send the move until it is accepted, as a browser does."""
    while (answer := await player.ask("move", id, column=column))["type"] != "accepted":
        assert answer["code"] == "unavailable"
    return answer


async def backends(database: str) -> list[int]:
    """The process ids of Postgres' postmaster and of the server's connections."""
    connection = await asyncpg.connect(database.replace("//connect4@", "//postgres@"))
    rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = 'connect4'")
    postmaster = psutil.Process(connection.get_server_pid()).ppid()
    await connection.close()
    return [postmaster, *(row["pid"] for row in rows)]
