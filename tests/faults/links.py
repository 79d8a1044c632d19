"""A TCP proxy that balances connections over several servers, and harms them as networks do."""

import asyncio
import contextlib
import random
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from enum import Enum, auto
from typing import Any

from tests.faults.sides import Side

Filter = Callable[[bytes], bytes]
"""Turns bytes on their way from a client to a server into those that are sent on."""
Backend = tuple[str, int] | str
"""A host and port, or a Unix socket."""

BUFFER = 64 * 1024
"""Buffer of a connection in the kernel, in bytes: small, so that a client that does not read is noticed
soon."""
BETWEEN_PIECES = 0.002
"""Time between two pieces of a trickle, in seconds."""
FLUSHED = 0.01
"""Time for written bytes to leave, in seconds."""
NEW = 5.0
"""Time limit for a connection to a server, in seconds."""


class Manner(Enum):
    """The ways in which a link carries bytes."""

    PLAIN = auto()
    DELAYED = auto()
    """Everything is a few tenths of a second late."""
    TRICKLED = auto()
    """Everything comes in pieces of a few bytes."""
    FROZEN = auto()
    """Nothing is carried, and neither side is told."""
    CUT = auto()
    """Half of the next bytes from the server, and then the connection breaks."""


class Link:
    """One connection through the proxy, with the client's side and the server's."""

    def __init__(self, proxy: "Proxy", upward: Filter | None) -> None:
        self._proxy, self._upward = proxy, upward
        self._loop = asyncio.get_running_loop()
        self._late: dict[Side, deque[tuple[float, bytes]]] = {}
        self.manner = Manner.PLAIN
        self._broken = False
        self.client, self.server = Side(self), Side(self)

    @property
    def is_late(self) -> bool:
        """Return whether delayed bytes are still waiting."""
        return any(self._late.values())

    def carry(self, data: bytes, to: Side) -> None:
        if to is self.server and self._upward:
            data = self._upward(data)
        late = self._late.setdefault(to, deque())
        if self._broken:
            return
        if self.manner is Manner.CUT and to is self.client:
            self._broken = True
            to.write(data[: len(data) // 2])
            self._loop.call_later(FLUSHED, self.end)
        elif self.manner is Manner.DELAYED:
            self._later(late, to, data, self._loop.time() + self._proxy.random.uniform(0.1, 0.5))
        elif self.manner is Manner.TRICKLED:
            at, due = 0, max(self._loop.time(), late[-1][0] if late else 0)
            while at < len(data):
                size = self._proxy.random.randint(1, 40)
                at, due = at + size, due + BETWEEN_PIECES
                self._later(late, to, data[at - size : at], due)
        elif late:
            self._later(late, to, data, 0)
        else:
            to.write(data)

    def set(self, manner: Manner) -> None:
        """Change the manner from now on; bytes that wait stay in order."""
        before, self.manner = self.manner, manner
        if (before is Manner.FROZEN) is not (manner is Manner.FROZEN):
            for side in (self.client, self.server):
                side.hold() if manner is Manner.FROZEN else side.go_on()

    def end(self) -> None:
        """Break both sides at once."""
        self._late.clear()
        for side in (self.client, self.server):
            side.abort()

    def reset(self) -> None:
        """Break both sides by RST instead of FIN."""
        for side in (self.client, self.server):
            side.set_option(socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()

    def ended(self, side: Side) -> None:
        """One side has ended: deliver to the other what still waits, and end it."""
        other = self.server if side is self.client else self.client
        if not self._late.get(other):
            other.close()
        self._proxy.links.discard(self)

    def _later(self, late: deque[tuple[float, bytes]], to: Side, data: bytes, due: float) -> None:
        due = max(due, late[-1][0] if late else 0)
        late.append((due, data))
        if len(late) == 1:
            self._loop.call_at(due, self._deliver, late, to)

    def _deliver(self, late: deque[tuple[float, bytes]], to: Side) -> None:
        if self._late.get(to) is not late:
            return
        to.write(late.popleft()[1])
        if late:
            self._loop.call_at(late[0][0], self._deliver, late, to)
        elif self not in self._proxy.links:  # the other side has ended, and these were its last bytes
            to.close()


class Proxy:
    """One address in front of `backends`, which take turns; one that accepts no connection is skipped."""

    def __init__(
        self,
        backends: Sequence[Backend],
        random: random.Random,
        new_filter: Callable[[], Filter] | None = None,
    ) -> None:
        self.backends: list[Backend] = list(backends)
        self.random = random
        self.links: set[Link] = set()
        self.port = 0
        self._new_filter = new_filter
        self._turn = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        """Accept connections on a free port of the loopback address, for as long as the context lasts."""
        async with asyncio.TaskGroup() as connecting:

            def accept() -> Side:
                link = Link(self, self._new_filter and self._new_filter())
                link.client.made = lambda: connecting.create_task(self._connect(link))
                return link.client

            loop = asyncio.get_running_loop()
            server = await loop.create_server(accept, "127.0.0.1", 0, backlog=1024)
            self.port = server.sockets[0].getsockname()[1]
            try:
                yield self
            finally:
                server.close()
                for link in list(self.links):
                    link.end()

    def some(self, share: float) -> list[Link]:
        """A random `share` of the open links, at least one if there is any."""
        links = sorted(self.links, key=id)
        return self.random.sample(links, min(len(links), max(1, round(share * len(links)))))

    async def _connect(self, link: Link) -> None:
        self.links.add(link)
        backends, self._turn = self.backends, self._turn + 1
        for number in range(len(backends)):
            backend = backends[(self._turn + number) % len(backends)]
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(NEW):
                    await self._reach(backend, lambda: link.server)
                for side in (link.client, link.server):
                    side.set_option(socket.SO_SNDBUF, BUFFER)
                return
        link.end()

    @staticmethod
    async def _reach(backend: Backend, factory: Callable[[], Any]) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(backend, str):
            await loop.create_unix_connection(factory, backend)
        else:
            await loop.create_connection(factory, *backend)
