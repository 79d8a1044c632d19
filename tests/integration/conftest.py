"""Every integration test is watched for what it leaves behind; those of endings need not wait long."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.serving import http as http_connection
from server.serving import lifecycle
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
