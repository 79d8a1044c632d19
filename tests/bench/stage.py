"""The surroundings of a benchmark: a Postgres, a Valkey, and servers in processes of their own."""

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
"""The share of a processor below which a process counts as idle."""
LOOK_EVERY = 0.1
"""Time between two looks at a process, in seconds."""
SETTLE = 300.0
"""Longest time that a process may take to become idle, in seconds."""
NO_LIMITS = {"MESSAGE_RATE": "1000000", "MAX_SOCKETS": "50000"}
"""Settings for a server under load: one game without pauses has more messages a second than people send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes of a run."""

    rounds: int
    seconds: float
    """Duration of each half of a round, in seconds."""
    warmup: float
    ready_for: int
    """Moves/s on our server that games are prepared for in the first round."""
    spectators: int
    small_log: int
    big_log: int
    """Numbers of events in the two logs that are compared."""
    rebuilt_log: int
    """Number of events in the log that a projection is built from."""
    counted_at: tuple[int, ...]
    """Games at a time while the statements and frames of a move are counted."""


@dataclass
class Program:
    """A running server. `url` is its address as http://…"""

    url: str
    pid: int
    sockets: str = ""
    """The address of its sockets as ws://…, where it is another one."""

    @property
    def socket_url(self) -> str:
        return self.sockets or self.url.replace("http://", "ws://")

    @property
    def resident(self) -> int:
        """Resident memory of the process and its children, in bytes."""
        return sum(process.memory_info().rss for process in self._processes())

    async def settle(self) -> None:
        """Return when the process is idle, so that nothing from before disturbs the next measurement."""
        used = self.used
        async with asyncio.timeout(SETTLE):
            while True:
                await asyncio.sleep(LOOK_EVERY)
                if (now := self.used) - used < IDLE * LOOK_EVERY:
                    return
                used = now

    @property
    def used(self) -> float:
        """Processor time that the process and its children have used, in seconds."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(each.user + each.system for each in times)

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]


@dataclass
class Stage:
    """Everything that a benchmark needs."""

    cluster: Cluster
    sizes: Sizes
    folder: Path
    """A folder for temporary files."""

    @contextlib.asynccontextmanager
    async def server(
        self, database: str, module: str = "server", folder: Path = ROOT, **environment: str
    ) -> AsyncIterator[Program]:
        """Our server, as people run it or as another `module` does, on the database of this name. `folder` is
        that of its checkout."""
        variables = {
            "PORT": "0",
            "SERVER_NAME": "bench",
            "DATABASE_URL": self.cluster.url_of(database),
            "REDIS_URL": self.cluster.redis_url,
            **NO_LIMITS,
            **environment,
        }
        with command(variables, folder, module=module) as server:
            for _ in range(int(variables.get("WORKERS", "1"))):  # each of them says that it is there
                url = await asyncio.to_thread(server.wait_for_address)
            yield Program(url, server.process.pid)
            await asyncio.to_thread(server.end)

    @contextlib.asynccontextmanager
    async def fresh_server(
        self, module: str = "server", folder: Path = ROOT, **environment: str
    ) -> AsyncIterator[Program]:
        """Our server on an empty database."""
        async with (
            self.cluster.database() as name,
            self.server(name, module, folder, **environment) as program,
        ):
            yield program

    @contextlib.asynccontextmanager
    async def yardstick(self, module: str) -> AsyncIterator[Program]:
        """A module of this package that prints its address and serves there."""
        with _running(module) as process:
            assert process.stdout
            url, _, sockets = (await asyncio.to_thread(process.stdout.readline)).strip().partition(" ")
            if not url:
                raise RuntimeError(f"{module} did not start")
            yield Program(url, process.pid, sockets)


@contextlib.contextmanager
def _running(module: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
