"""What stands between a browser and the server: a long way, or a proxy that lets no WebSockets through."""

import asyncio
import contextlib
import math
import re
from collections.abc import AsyncIterator, Coroutine
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
UPGRADE = re.compile(rb"^upgrade: *websocket", re.IGNORECASE | re.MULTILINE)
PIECE = 4096
"""Size of the pieces in which bytes are carried, in bytes: connections share the way evenly."""


class Sockets(Enum):
    """What becomes of a WebSocket handshake."""

    PASSED = auto()
    REFUSED = auto()
    """It is answered with 403."""
    CLOSED = auto()
    """The connection is closed without an answer."""
    SWALLOWED = auto()
    """It is never answered."""


class Way:
    """One direction of the way to the server: a delay in seconds, and bytes per second that fit through."""

    def __init__(self, delay: float, rate: float) -> None:
        self._delay, self._rate = delay, rate
        self._free = 0.0

    def arrival(self, size: int, ready: float) -> float:
        """When `size` bytes that can leave at `ready` arrive, by the loop's clock."""
        self._free = max(self._free, ready) + size / self._rate
        return self._free + self._delay


class Gateway:
    """One address in front of `server`, a URL. All of its connections share one way there and back.

    `round_trip` is in seconds, `rate` in bytes per second each way. A connection takes a round trip to be
    made: the kernel makes it at once, and what is asked first waits.
    """

    def __init__(self, server: str, round_trip: float = 0, rate: float = math.inf) -> None:
        self._server = urlsplit(server)
        self._round_trip = round_trip
        self._up, self._down = Way(round_trip / 2, rate), Way(round_trip / 2, rate)
        self._connections: set[asyncio.Task[None]] = set()
        self.sockets = Sockets.PASSED
        self.gone = False
        """Whether every connection is closed at once, as where no server listens."""
        self.requests: list[str] = []
        """The path of each request so far."""
        self.url = ""

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Gateway"]:
        """Accept connections on a free port of the loopback address, for as long as the context lasts."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            await self.drop()

    async def drop(self) -> None:
        """Break every connection."""
        connections = list(self._connections)
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        back: asyncio.StreamWriter | None = None
        try:
            made = asyncio.get_running_loop().time() + self._round_trip
            if not self.gone:
                there, back = await asyncio.open_connection(self._server.hostname, self._server.port)
                await self._either(
                    self._ask(reader, back, writer, made), self._carry(there, writer, self._down)
                )
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side has ended, or the test has
        finally:
            self._connections.discard(task)
            for each in filter(None, (writer, back)):
                each.transport.abort() if self.gone else each.close()

    @staticmethod
    async def _either(*ways: Coroutine[Any, Any, None]) -> None:
        """Run all until one ends."""
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        there: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        made: float,
    ) -> None:
        """Carry requests to the server, one after the other, from the moment `made` on."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            self.requests.append(head.split()[1].decode())
            upgrade = bool(UPGRADE.search(head))
            if upgrade and self.sockets is Sockets.SWALLOWED:
                await reader.read()
            if upgrade and self.sockets is Sockets.REFUSED:
                back.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await back.drain()
            if upgrade and self.sockets is not Sockets.PASSED:
                return
            await self._send(head + body, there, self._up, made)
            if upgrade:
                await self._carry(reader, there, self._up)
                return

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        """Carry whatever comes, in order, while more comes."""
        coming: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                at, piece = await coming.get()
                await self._write(piece, writer, at)
                coming.task_done()

        async def take() -> None:
            now = asyncio.get_running_loop().time
            while piece := await reader.read(PIECE):
                coming.put_nowait((way.arrival(len(piece), now()), piece))
            await coming.join()

        await self._either(take(), deliver())

    async def _send(self, data: bytes, writer: asyncio.StreamWriter, way: Way, made: float) -> None:
        await self._write(data, writer, way.arrival(len(data), max(made, asyncio.get_running_loop().time())))

    @staticmethod
    async def _write(data: bytes, writer: asyncio.StreamWriter, at: float) -> None:
        """Write `data` at the moment `at`, by the loop's clock."""
        await asyncio.sleep(max(0, at - asyncio.get_running_loop().time()))
        writer.write(data)
        await writer.drain()
