"""Servers for the tests: in this process, or as the command that people run. Always on loopback."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from server.app import create_app
from server.serving import server as serving
from server.serving.drain import Drain
from server.settings import Settings
from tests.support.player import PATIENCE, Api, client

START_TIMEOUT = 60
ROOT = Path(__file__).parents[2]


@contextlib.asynccontextmanager
async def in_process(
    database_url: str, redis_url: str, *, redis_works: bool = True, **settings: Any
) -> AsyncIterator[Api]:
    """A server in this process, on a real socket."""
    configured = Settings(port=0, **settings)
    with serving.bind(configured) as listening:
        drain = Drain()
        app = create_app(configured, database_url, redis_url, drain)
        server = serving.create_server(app, configured, drain)
        task = asyncio.create_task(server._serve(sockets=[listening]))  # `serve` would take our signals
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        try:
            async with client(serving.address(listening)) as http:
                if redis_works:
                    await _wait_for_redis(http)
                yield Api(serving.address(listening), http)
        finally:
            server.should_exit = True
            await task


async def _wait_for_redis(client: httpx.AsyncClient) -> None:
    """Until Redis is heard: where it is not to be, the test says so by `redis_works`."""
    async with asyncio.timeout(PATIENCE):
        while (await client.get("/readyz")).json()["redis"] != "up":
            await asyncio.sleep(0.01)


class Command:
    """A `connect4` process. `output` is what it printed so far, after it has ended: all of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = ""
        self.output = ""

    def wait_for_address(self) -> str:
        """Where it says that the game is. Raises RuntimeError when it ends instead."""
        line = self.wait_for_line("Connect Four is at ")
        self.url = line.split("Connect Four is at ")[1].split()[0]
        return self.url

    def wait_for_line(self, part: str) -> str:
        """The next line that it prints with `part` in it. Raises RuntimeError when it ends instead."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if part in line:
                return line
        raise RuntimeError(self.output)

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit status."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=START_TIMEOUT)
        self.output += rest
        return self.process.returncode


@contextlib.contextmanager
def command(
    environment: Mapping[str, str | Path],
    folder: Path = ROOT,
    open_files: int | None = None,
    module: str = "server",
) -> Iterator[Command]:
    """Run the server in `folder`, with nothing in its environment but the PATH and `environment`, and as one
    process unless that says otherwise; killed at the end. With `open_files` it may have no more than so
    many."""
    limited = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', str(open_files)] if open_files else []
    process = subprocess.Popen(
        [*limited, sys.executable, "-m", module],
        env={
            "PATH": os.environ["PATH"],
            "WORKERS": "1",  # however many processors this machine has
            **{name: str(value) for name, value in environment.items()},
        },
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Command(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
