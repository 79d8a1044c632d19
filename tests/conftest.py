"""Fixtures for all tests: a real Postgres and Valkey, a database for one test, a server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from server import app, services
from server.host import embedded
from server.outage import Outage
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api
from tests.support.ports import kept_free
from tests.support.serving import Command, command

# On a busy machine everything is slow, and no test asserts a time.
# Examples are the same each time, but in the long form: a change fails here for what it did, not by chance.
for profile in ("default", "long"):
    settings.register_profile(
        profile,
        deadline=None,
        derandomize=profile == "default",
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("default")

Serve = Callable[..., AbstractAsyncContextManager[Api]]


LONG = ("simulation", "browser", "faults", "integration")
"""Folders whose tests take long. They come first, so that none of them is left for the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _no_calls_from_other_threads() -> Iterator[None]:
    """A callback that is scheduled from another thread is an error, as in asyncio's debug mode.

    The mode itself is off: its tracebacks of every task and future take two thirds of the processor time.
    """
    call_soon = asyncio.BaseEventLoop.call_soon

    def checked(loop: Any, *args: Any, **kwargs: Any) -> asyncio.Handle:
        loop._check_thread()
        return call_soon(loop, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "call_soon", checked)
        yield


@pytest.fixture
def port() -> Iterator[int]:
    """A port of the loopback address that nobody else is given."""
    with kept_free(1) as [port]:
        yield port


@pytest.fixture(scope="session")
def _urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with embedded.running(tmp_path_factory.mktemp("cluster"), None, None) as urls:
        yield urls


@pytest.fixture(scope="session")
async def cluster(_urls: tuple[str, str]) -> Cluster:
    """Postgres and Valkey, for the whole session."""
    cluster = Cluster(*_urls)
    await cluster.make_template()
    return cluster


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[str]:
    """The URL of a migrated database that nobody else uses."""
    async with cluster.database() as name:
        yield cluster.url_of(name)


@pytest.fixture
def serve(cluster: Cluster, database: str) -> Serve:
    """Starts servers on this test's database: `async with serve(server_name="one") as api:`."""

    def start(**settings: Any) -> AbstractAsyncContextManager[Api]:
        return serving.in_process(database, cluster.redis_url, **settings)

    return start


@pytest.fixture(scope="session")
async def api(cluster: Cluster) -> AsyncIterator[Api]:
    """A server that tests share, each with games of its own.

    On a busy machine it may have an outage meanwhile, whose log lines are of no test.
    """
    async with cluster.database() as name, contextlib.AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for module in (app, services):
                patch.setattr(module, "Outage", Unlogged)
            running = serving.in_process(cluster.url_of(name), cluster.redis_url)
            api = await stack.enter_async_context(running)
        yield api


class Unlogged(Outage):
    """An outage that is seen in the figures alone."""

    def failed(self, error: object) -> None:
        self._metrics.counts[self._figure] = 0

    def succeeded(self) -> None:
        self._metrics.counts[self._figure] = 1


@pytest.fixture(scope="session")
async def site_process(cluster: Cluster) -> AsyncIterator[Command]:
    """A process of the server on a database of its own, for tests to share that look at it from outside."""
    async with cluster.database() as name:
        environment = {"PORT": "0", "DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        with command(environment, module="tests.support.patient") as server:
            await asyncio.to_thread(server.wait_for_address)
            yield server
