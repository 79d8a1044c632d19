"""Postgres or Redis cannot be used: the log says when that began and ended, and a figure shows it."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from redis.asyncio import Redis

from server import outage
from server.delivery import absence, presence, sweep
from server.game import endings
from server.host import embedded
from server.store.migrate import migrate
from tests.integration.test_database_away import backends, paused
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE, Api

RIGHTS = ("+eval", "+publish", "+subscribe", "+unsubscribe", "&connect4:*")
"""The rights in Redis that README names."""
README = Path(__file__).parents[2] / "README.md"
PASSWORD = "not/for:the@log"


@pytest.fixture
def own_valkey(tmp_path: Path, database: str) -> Iterator[str]:
    """The URL of a Valkey that nobody else uses."""
    with embedded.running(tmp_path, database, None) as (_, url):
        yield url


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[str]:
    """The URL of a Postgres that nobody else uses."""
    with embedded.running(tmp_path, None, "redis://unused") as (url, _):
        yield url


@pytest.fixture(autouse=True)
def hurried_outages(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(outage, "QUIET", 0.2)
    monkeypatch.setattr(outage, "CHECK_INTERVAL", 0.05)
    monkeypatch.setattr(presence, "RETENTION", 0.2)
    caplog.set_level(logging.INFO)


class Lines:
    """Log lines about outages."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def all(self) -> list[logging.LogRecord]:
        return [record for record in self._caplog.records if record.name == "server.outage"]

    async def come(self, number: int) -> None:
        """Wait until so many have been said."""
        async with asyncio.timeout(PATIENCE):
            while len(self.all) < number:
                await asyncio.sleep(0.01)

    def are_one_outage_of(self, service: str) -> None:
        began, ended = self.all
        assert (began.levelname, began.getMessage(), vars(began)["service"]) == (
            "WARNING", "outage began", service,
        )  # fmt: skip
        assert (ended.levelname, ended.getMessage(), vars(ended)["service"]) == (
            "INFO", "outage ended", service,
        )  # fmt: skip
        assert 0 <= vars(ended)["seconds"] < PATIENCE


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    return Lines(caplog)


async def figure(api: Api, name: str) -> float:
    text = (await api.http.get("/metrics")).text
    [value] = re.findall(rf"^{re.escape(name)} (.+)$", text, re.MULTILINE)
    return float(value)


@pytest.mark.usefixtures("usual_timeouts")
async def test_an_outage_of_postgres_is_said_when_it_begins_and_ends(
    own_postgres: str, cluster: Cluster, lines: Lines
) -> None:
    await migrate(own_postgres)
    async with serving.in_process(own_postgres, cluster.redis_url) as api:
        game, yellow, _ = await api.start()
        assert await figure(api, "connect4_postgres_up") == 1
        async with api.seated(game, yellow) as ada:
            with contextlib.ExitStack() as stack:
                for pid in await backends(own_postgres):
                    stack.enter_context(paused(pid))
                assert (await ada.move(3))["code"] == "unavailable"
                assert (await api.http.get(f"/api/games/{game}")).status_code == 503
                await lines.come(1)
                assert await figure(api, "connect4_postgres_up") == 0
                assert await figure(api, 'connect4_unavailable_total{told="command"}') == 1
                assert await figure(api, 'connect4_unavailable_total{told="request"}') == 1
            await lines.come(2)
        assert await figure(api, "connect4_postgres_up") == 1
    lines.are_one_outage_of("Postgres")


async def test_a_postgres_that_takes_no_writes_is_not_up(
    cluster: Cluster, database: str, lines: Lines
) -> None:
    name = urlsplit(database).path.removeprefix("/")

    async def set_read_only(value: str) -> None:
        await cluster.admin(
            f"ALTER DATABASE {name} SET default_transaction_read_only = {value}",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
        )

    async with serving.in_process(database, cluster.redis_url) as api:
        await set_read_only("on")
        async with asyncio.timeout(PATIENCE):
            while await figure(api, "connect4_postgres_up"):
                await asyncio.sleep(0.01)
        assert [record.getMessage() for record in lines.all] == ["outage began"]
        await set_read_only("off")
        await lines.come(2)
        assert await figure(api, "connect4_postgres_up") == 1
    lines.are_one_outage_of("Postgres")


@pytest.mark.usefixtures("usual_timeouts")
async def test_an_outage_of_redis_is_said_when_it_begins_and_ends(
    own_valkey: str, database: str, tmp_path: Path, lines: Lines
) -> None:
    async with serving.in_process(database, own_valkey) as api:
        assert await figure(api, "connect4_redis_up") == 1
        with paused(int((tmp_path / "valkey.pid").read_text())):
            await lines.come(1)
            assert await figure(api, "connect4_redis_up") == 0
            assert (await api.http.get("/readyz")).json()["redis"] == "away"
        await lines.come(2)
        assert await figure(api, "connect4_redis_up") == 1
    lines.are_one_outage_of("Redis")


async def test_a_server_that_lost_redis_for_a_moment_counts_absences_anew(
    own_valkey: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "SETTLE", timedelta(0))
    monkeypatch.setattr(endings, "LEFT_WITH_CLOCK", timedelta(0))
    async with serving.in_process(database, own_valkey) as api:
        game, yellow, red = await api.start(clock={"initial": 180, "increment": 0})
        async with api.seated(game, yellow) as ada:
            async with api.seated(game, red):
                await ada.hear("presence", connected=["yellow", "red"])
            while "away" not in await ada.hear("presence", connected=["yellow"]):
                pass
            async with Redis.from_url(own_valkey) as admin:
                await admin.client_kill_filter(_type="pubsub")
            while "away" in await ada.hear("presence"):
                pass
            async with asyncio.timeout(PATIENCE):
                while (await api.http.get("/readyz")).json()["redis"] == "away":
                    await asyncio.sleep(0.02)
            assert (await ada.ask("claim_abandonment"))["code"] == "not_yet"


@contextlib.asynccontextmanager
async def with_rights(valkey: str, *rights: str) -> AsyncIterator[str]:
    """The URL of a user of this Valkey who has these rights and no others."""
    async with Redis.from_url(valkey) as admin:
        await admin.execute_command(  # type: ignore[no-untyped-call]
            "ACL", "SETUSER", "four", "reset", "on", f">{PASSWORD}", *rights
        )
        yield f"unix://four:{quote(PASSWORD, safe='')}@{valkey.removeprefix('unix://')}"


async def test_with_the_rights_that_are_named_redis_can_be_used(
    own_valkey: str, database: str, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "INTERVAL", 10 * PATIENCE)  # what is heard came by Redis
    assert f" on >PASSWORD {' '.join(RIGHTS)}\n" in README.read_text()
    async with (
        with_rights(own_valkey, *RIGHTS) as redis,
        serving.in_process(database, redis, server_name="one") as one,
        serving.in_process(database, redis, server_name="two") as two,
    ):
        game, yellow, red = await one.start()
        async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
            await grace.hear("presence", connected=["yellow", "red"])
            await ada.move(3)
            await grace.hear_version(5)
            assert (await grace.move(3))["type"] == "accepted"
            await ada.hear_version(6)
        await one.start()
        for api in (one, two):
            assert await figure(api, "connect4_redis_up") == 1
    assert lines.all == []


@pytest.mark.parametrize("missing", RIGHTS)
async def test_without_any_of_these_rights_redis_is_not_said_to_be_up(
    own_valkey: str, database: str, lines: Lines, caplog: pytest.LogCaptureFixture, missing: str
) -> None:
    rights = [right for right in RIGHTS if right != missing]
    async with (
        with_rights(own_valkey, *rights) as redis,
        serving.in_process(database, redis, redis_works=False) as api,
    ):
        game, yellow, _ = await api.start()
        async with api.seated(game, yellow) as ada:
            assert (await ada.move(3))["type"] == "accepted"
        await lines.come(1)
        if missing != "+unsubscribe":  # that is only needed when a game's last watcher leaves
            assert await figure(api, "connect4_redis_up") == 0
            assert (await api.http.get("/readyz")).json()["redis"] == "away"
            assert len(lines.all) == 1
        [began, *_] = lines.all
        assert (began.levelname, began.getMessage()) == ("WARNING", "outage began")
        assert "permission" in vars(began)["error"]
    assert PASSWORD not in caplog.text
