"""What benchmarks run on: a Postgres and a Valkey, and servers in processes of their own beside them."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.cluster import Cluster
from tests.support.serving import command

ROOT = Path(__file__).parents[2]
IDLE = 0.05
"""The share of a processor that a process may use and be called at rest."""
LOOK_EVERY = 0.1
"""How often it is looked, in seconds."""
SETTLE = 300.0
"""How long it may take to come to rest, in seconds."""
NO_LIMITS = {"MESSAGE_RATE": "1000000", "MAX_SOCKETS": "50000"}
"""One game flat out has more messages a second than any people send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything."""

    rounds: int
    seconds: float
    """How long each half of a round is measured where that is a matter of time."""
    warmup: float
    ready_for: int
    """Moves/s of ours that games are made ready for while it is not known how many there will be."""
    spectators: int
    small_log: int
    big_log: int
    """Events in the two logs that are compared."""


@dataclass
class Program:
    """A server that runs. `url` is its address as http://…"""

    url: str
    pid: int

    @property
    def socket_url(self) -> str:
        return self.url.replace("http://", "ws://")

    @property
    def resident(self) -> int:
        """Its memory and its children's, in bytes."""
        return sum(process.memory_info().rss for process in self._processes())

    async def settle(self) -> None:
        """Return when it is at rest: nothing that it did before disturbs what is measured next."""
        used = self._used()
        async with asyncio.timeout(SETTLE):
            while True:
                await asyncio.sleep(LOOK_EVERY)
                if (now := self._used()) - used < IDLE * LOOK_EVERY:
                    return
                used = now

    def _used(self) -> float:
        times = [process.cpu_times() for process in self._processes()]
        return sum(each.user + each.system for each in times)

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]


@dataclass
class Stage:
    """Where a benchmark finds what it needs."""

    cluster: Cluster
    sizes: Sizes
    folder: Path
    """For what is made on the way."""

    @contextlib.asynccontextmanager
    async def server(self, database: str, **environment: str) -> AsyncIterator[Program]:
        """Ours, as people run it, on the database of that name."""
        variables = {
            "PORT": "0",
            "SERVER_NAME": "bench",
            "DATABASE_URL": self.cluster.url_of(database),
            "REDIS_URL": self.cluster.redis_url,
            **NO_LIMITS,
            **environment,
        }
        with command(variables) as server:
            url = await asyncio.to_thread(server.wait_for_address)
            yield Program(url, server.process.pid)
            await asyncio.to_thread(server.end)

    @contextlib.asynccontextmanager
    async def fresh_server(self, **environment: str) -> AsyncIterator[Program]:
        """Ours, on a database that is empty."""
        async with self.cluster.database() as name, self.server(name, **environment) as program:
            yield program

    @contextlib.asynccontextmanager
    async def yardstick(self, module: str) -> AsyncIterator[Program]:
        """A module of this package that prints its address and serves."""
        with _running(module) as process:
            assert process.stdout
            url = (await asyncio.to_thread(process.stdout.readline)).strip()
            if not url:
                raise RuntimeError(f"{module} did not start")
            yield Program(url, process.pid)


@contextlib.contextmanager
def _running(module: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
