"""A `connect4` server, of one process or several, that can be killed, stopped, drained and started again."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from subprocess import Popen

import psutil

from server.host import child
from tests.faults.links import Backend, Proxy

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 30.0
"""Time limit for a server to print its address, in seconds."""
DRAIN_TIMEOUT = 15.0
"""Time limit for a server to drain and end, in seconds."""


class Server:
    """One of the servers behind the address: the `place`-th of the backends of `proxy`."""

    def __init__(
        self, name: str, folder: Path, environment: dict[str, str], proxy: Proxy, place: int
    ) -> None:
        self._proxy, self._place = proxy, place
        self.log = folder / f"{name}.log"
        variables = {**environment, "SERVER_NAME": name, "PORT": "0", "PYTHONPATH": str(ROOT)}
        set_variables = [f"{name}={value}" for name, value in variables.items()]
        self._command = ["/usr/bin/env", "-i", *set_variables, sys.executable, "-m", "server"]
        self._stack = contextlib.ExitStack()
        self._process: Popen[bytes] | None = None
        self.slowest_drain = 0.0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        await self.start()
        try:
            yield self
        finally:
            await asyncio.to_thread(self._stack.close)

    async def start(self) -> None:
        """Start it, again and again while it ends at once, as it does without its database."""
        async with asyncio.timeout(START_TIMEOUT):
            while not (address := await self._try_to_start()):
                await asyncio.sleep(0.2)
        self._proxy.backends[self._place] = address

    async def kill(self) -> None:
        assert self._process
        self._process.send_signal(SIGKILL)
        await self._ended()

    async def drain(self) -> None:
        """Drain and end it. Raises AssertionError where it fails."""
        assert self._process
        begun = asyncio.get_running_loop().time()
        self._process.send_signal(SIGTERM)
        async with asyncio.timeout(DRAIN_TIMEOUT):
            status = await self._ended()
        assert status == 0, f"it ended with {status}; see {self.log}"
        self.slowest_drain = max(self.slowest_drain, asyncio.get_running_loop().time() - begun)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop all its processes: connections are made and nothing is answered."""
        assert self._process
        with stopped(psutil.Process(self._process.pid), *self.workers()):
            yield

    def workers(self) -> list[psutil.Process]:
        """Its workers, if there are several."""
        assert self._process
        return psutil.Process(self._process.pid).children()

    def tracebacks(self) -> int:
        """The number of tracebacks in its log."""
        return self.log.read_text(errors="replace").count("Traceback (most recent call last)")

    async def _try_to_start(self) -> Backend | None:
        begin = self.log.stat().st_size if self.log.exists() else 0
        self._stack = contextlib.ExitStack()
        self._process = self._stack.enter_context(child.running(self._command, self.log, SIGTERM))
        while self._process.poll() is None:
            if address := _address(self.log.read_bytes()[begin:]):
                return address
            await asyncio.sleep(0.02)
        self._stack.close()
        return None

    async def _ended(self) -> int:
        assert self._process
        wait: Callable[[], int] = self._process.wait
        status = await asyncio.to_thread(wait)
        self._stack.close()
        return status


@contextlib.contextmanager
def stopped(*processes: psutil.Process) -> Iterator[None]:
    """Stop `processes`, for as long as the context lasts."""
    for process in processes:
        process.send_signal(SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(SIGCONT)


def _address(output: bytes) -> tuple[str, int] | None:
    _, said, rest = output.decode(errors="replace").partition("Connect Four is at http://")
    if not said or "\n" not in rest:
        return None
    host, _, port = rest.split()[0].rpartition(":")
    return host, int(port)
