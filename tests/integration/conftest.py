"""Every integration test is watched for what it leaves behind; those of endings need not wait long."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from server.serving import http as http_connection
from server.serving import lifecycle
from server.store.database import Database
from server.store.database_clock import DatabaseClock
from tests.support.cluster import Cluster
from tests.support.patient import be_patient
from tests.support.player import PATIENCE, Api


@pytest.fixture(autouse=True)
async def _no_task_is_left_behind(api: Api) -> AsyncIterator[None]:
    """Whoever starts a task ends it: what a test leaves running fails it."""
    before = asyncio.all_tasks()
    yield

    def left() -> set[asyncio.Task[object]]:
        return asyncio.all_tasks() - before - {asyncio.current_task()}

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while tasks := left():
                await asyncio.wait(tasks)
    assert not left()


FOR_PLAYERS = {
    *("append", "append_one", "append_seats", "read_stream", "stream_version"),
    *("add_credential", "credentials_of_game", "names/add_seat", "names/keys"),
}
"""Statements that are sent for somebody who plays; a server has others that it sends from time to time."""


@pytest.fixture
def sent(database: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the statements that players cause in this test's database, in their order."""
    names: list[str] = []
    send = Database._send

    async def note(self: Database, name: str, *args: Any) -> list[asyncpg.Record]:
        if name in FOR_PLAYERS and self._connector._arguments["database"] == Cluster.name_of(database):
            names.append(name)
        return await send(self, name, *args)

    monkeypatch.setattr(Database, "_send", note)
    return names


@pytest.fixture
def usual_timeouts() -> None:
    """For tests of databases that hang: servers wait for an answer no longer than they do elsewhere."""


@pytest.fixture(autouse=True)
def _patience_with_databases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers in this process wait long for Postgres and Redis, which may be slow on a busy machine."""
    if "usual_timeouts" in request.fixturenames:
        return
    be_patient(monkeypatch.setattr)


@pytest.fixture
def exact_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that start here from now on know the database's time exactly: it is this machine's."""

    async def measure(clock: DatabaseClock) -> None:
        # The process may stand still between the two readings, which makes the difference too small.
        clock._offset = max(time.time() - clock.monotonic() for _ in range(10))

    monkeypatch.setattr(DatabaseClock, "measure", measure)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same timeouts, in tenths of what they are."""
    monkeypatch.setattr(http_connection, "REQUEST_TIMEOUT", http_connection.REQUEST_TIMEOUT / 10)
    for name in ("STALL_TIMEOUT", "CLOSE_TIMEOUT"):
        monkeypatch.setattr(lifecycle, name, getattr(lifecycle, name) / 10)


@pytest.fixture
async def superuser(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to this test's database that may do what the server may not."""
    connection = await asyncpg.connect(database.replace("//connect4@", "//postgres@"))
    yield connection
    await connection.close()


@pytest.fixture
async def connection(database: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()
