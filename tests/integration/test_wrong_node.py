"""A database that takes no writes, and comes back: no connection that leads to it outlives it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from server.errors import NotSent, OutcomeUnknown, ReadOnly, StoreUnavailable, UnusableDatabase
from server.host import embedded
from server.store.database import Database
from server.store.migrate import migrate
from tests.conftest import Serve
from tests.support.cluster import Cluster
from tests.support.player import Api

PATIENCE = 60


@contextlib.asynccontextmanager
async def read_only(cluster: Cluster, url: str) -> AsyncIterator[None]:
    """A time in which the database takes no writes, as after a failover: every connection was cut."""
    name = Cluster.name_of(url)
    await cluster.admin(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await cluster.cut(name)
    try:
        yield
    finally:
        await cluster.admin(f"ALTER DATABASE {name} RESET default_transaction_read_only")


async def readiness(api: Api) -> tuple[int, str]:
    answer = await api.http.get("/readyz")
    return answer.status_code, answer.json()["postgres"]


async def test_writes_work_at_once_when_the_database_takes_them_again(
    serve: Serve, cluster: Cluster, database: str
) -> None:
    async with serve() as api:
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            async with read_only(cluster, database):
                id = uuid4()
                for _ in range(5):
                    assert (await ada.ask("move", id, column=3))["code"] == "unavailable"
                    assert await readiness(api) == (503, "away")
            assert (await ada.ask("move", id, column=3))["type"] == "accepted"
        created = await asyncio.gather(*(api.http.post("/api/games", json={}) for _ in range(20)))
        assert {answer.status_code for answer in created} == {201}
        assert await readiness(api) == (200, "up")


async def test_a_connection_that_refuses_writes_is_not_used_again_nor_are_its_like(database: str) -> None:
    async with Database.at(database) as connected:
        await asyncio.gather(*(connected.fetch("health") for _ in range(3)))
        for lease in connected._pool._idle:
            await lease.connection.execute("SET default_transaction_read_only = on")
        game = uuid4()
        with pytest.raises(OutcomeUnknown, match="read-only"):
            await connected.fetch("add_credential", game, uuid4(), bytes(32))
        writes = (connected.fetch("add_credential", game, uuid4(), bytes(32)) for _ in range(6))
        await asyncio.gather(*writes)


async def test_health_is_asked_of_a_connection_that_is_in_use_too(database: str) -> None:
    async with Database.at(database) as connected:
        await connected.check()
        for lease in connected._pool._idle:
            await lease.connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(ReadOnly):
            await connected.check()
        await connected.check()


@pytest.fixture
def standby(tmp_path: Path) -> Iterator[Path]:
    """The folder of the socket of a standby, which can be promoted."""
    with embedded.running(tmp_path, None, "redis://unused") as (url, _):
        asyncio.run(migrate(url))
    (tmp_path / "postgres" / "standby.signal").touch()
    with embedded.running(tmp_path, None, "redis://unused") as (url, _):
        yield folder(url)


def folder(url: str) -> Path:
    """The folder of the socket in `url`."""
    return Path(parse_qs(urlsplit(url).query)["host"][0])


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """The folder of a socket that takes connections and never answers."""
    path = tmp_path / "silent"
    path.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path / ".s.PGSQL.5432"))
        listening.listen()
        yield path


@pytest.mark.usefixtures("usual_timeouts")
async def test_of_several_hosts_the_one_is_found_that_takes_writes_and_then_its_successor(
    cluster: Cluster, standby: Path, silent: Path
) -> None:
    with pytest.raises(UnusableDatabase, match="cannot be used: it takes no writes"):
        await migrate(f"postgresql://connect4@/connect4?host={standby}")
    hosts = f"{silent},{standby},{folder(cluster.database_url)}"
    url = f"postgresql://connect4@/connect4?host={hosts}"
    await migrate(url)
    async with Database.at(url) as database:
        await database.check()
        await cluster.admin("ALTER DATABASE connect4 ALLOW_CONNECTIONS false")
        try:
            await cluster.cut("connect4")
            await until(database, well=False)
            admin = await asyncpg.connect(f"postgresql://postgres@/postgres?host={standby}")
            await admin.execute("SELECT pg_promote()")
            await admin.close()
            await until(database, well=True)
            await database.fetch("add_credential", uuid4(), uuid4(), bytes(32))
        finally:
            await cluster.admin("ALTER DATABASE connect4 ALLOW_CONNECTIONS true")


async def until(database: Database, *, well: bool) -> None:
    """Check until the answer is that of a database that is well, or of one that is not."""
    found = not well
    async with asyncio.timeout(PATIENCE):
        while found is not well:
            try:
                await database.check()
                found = True
            except StoreUnavailable:
                found = False


async def test_what_no_connection_was_had_for_was_not_sent(cluster: Cluster, database: str) -> None:
    name = Cluster.name_of(database)
    async with Database.at(database) as connected:
        await cluster.admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await cluster.cut(name)
        async with asyncio.timeout(PATIENCE):
            while not all(lease.connection.is_closed() for lease in connected._pool._idle):
                await asyncio.sleep(0.01)
        with pytest.raises(NotSent, match="not currently accepting connections"):
            await connected.fetch("health")
        await cluster.admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await connected.check()
