"""A socket between a client and a server: ASGI on the server's side, callbacks on the client's."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from uuid import UUID

from starlette.types import Message
from websockets.frames import Frame
from websockets.streams import StreamReader

from server.serving.lifecycle import STALL_TIMEOUT
from tests.simulation.world import Pipe, World

GONE = 1006
"""Close code of a connection that broke (RFC 6455, section 7.4.1)."""


def _payloads(frames: bytes) -> Iterator[str]:
    """The texts in whole frames of a server, as the parser of websockets reads them."""
    streamed = StreamReader()
    streamed.feed_data(frames)
    while streamed.buffer:
        parsing = Frame.parse(streamed.read_exact, mask=False)
        try:
            next(parsing)
        except StopIteration as parsed:
            yield bytes(parsed.value.data).decode()
        else:
            raise AssertionError("a frame is not whole")


class Peer(Protocol):
    """The client's side."""

    def heard(self, socket: "Socket", frame: str) -> None: ...

    def closed(self, socket: "Socket", code: int) -> None: ...

    def arrived(self, socket: "Socket", id: UUID) -> None:
        """The command of this id has come to the server."""


class Socket:
    """One connection, from its handshake on. `number` tells it from all others of the run; `room` is the size
    of its buffer, in frames."""

    def __init__(self, world: World, peer: Peer, number: int, room: int) -> None:
        self.number = number
        self.pace = 0.0
        """Time that the client takes to read a frame, in seconds."""
        self.slowed = False
        """True if `pace` is a fault and not a habit of this client."""
        self.open = True
        """True while anything can still get through."""
        self._world, self._peer, self._room = world, peer, room
        self._to_client: Pipe[str | int] = Pipe(world.loop, self._reach_client)
        self._to_server: Pipe[tuple[Message, UUID | None]] = Pipe(world.loop, self._reach_server)
        self._received: deque[Message] = deque([{"type": "websocket.connect"}])
        self._stalling: asyncio.TimerHandle | None = None
        self.on_ready: Callable[[], None] = lambda: None
        self.on_text: Callable[[str], None] | None = None
        self._filled, self._writable = asyncio.Event(), asyncio.Event()
        self._server_knows = self._client_knows = False  # that it is closed

    # The server's side: ASGI

    async def receive(self) -> Message:
        while not self._received:
            self._filled.clear()
            await self._filled.wait()
        return self._received.popleft()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            return
        while len(self._to_client) >= self._room and self.open:
            self._writable.clear()
            try:
                async with asyncio.timeout(STALL_TIMEOUT):
                    await self._writable.wait()
            except TimeoutError:
                self.cut()
        if self._server_knows:
            raise OSError("the client is gone")
        if not self.open:
            return  # it broke, and the server does not know it yet
        if message["type"] == "websocket.send":
            self._put(message["text"])
        else:
            self._put(message["code"])
            self._lose_server(message["code"])

    def _put(self, item: str | int) -> None:
        self._to_client.put(item, self._world.delay(self._world.faults.socket_slow), self.pace)
        if self.slowed and isinstance(item, str):
            self._world.fault_until(self._to_client.arrived_by)

    # The server's side past ASGI: server.sockets.writer.Wire

    @property
    def ready(self) -> bool:
        return self._stalling is None and not self._server_knows

    def lag(self) -> None:
        """Unknown: a simulated server sends no pings."""

    def write(self, frame: bytes) -> None:
        if not self.open:
            return  # it broke, and the server does not know it yet
        for payload in _payloads(frame):
            self._put(payload)
        if len(self._to_client) >= self._room:
            self._stalling = self._world.loop.call_later(STALL_TIMEOUT, self.cut)

    def _be_ready(self) -> None:
        if self._stalling and len(self._to_client) < self._room:
            self._stalling.cancel()
            self._stalling = None
            self._world.loop.call_soon(self.on_ready)

    # The client's side

    def say(self, frame: str, id: UUID | None = None) -> None:
        """Send `frame`, which gives the command of this id, if any."""
        if self.open:
            delay = self._world.delay(self._world.faults.socket_slow)
            self._to_server.put(({"type": "websocket.receive", "text": frame}, id), delay)

    def leave(self, code: int = 1005) -> None:
        """The client closes it, and takes nothing more from it."""
        self._client_knows = True
        if self.open:
            self.open = False
            self._to_client.cut(0)
            message = {"type": "websocket.disconnect", "code": code}
            self._to_server.put((message, None), self._world.delay(0.5))

    # The network

    def cut(self) -> None:
        """Break it: part of what is on its way is lost, and each side notices after a while of its own."""
        if not self.open:
            return
        self.open = False
        rng, loop = self._world.rng, self._world.loop
        self._to_client.cut(rng.randrange(len(self._to_client) + 1))
        self._to_server.cut(rng.randrange(len(self._to_server) + 1))
        self._to_client.put(GONE, self._world.delay(0.3))
        loop.call_later(self._world.delay(0.3), self._lose_server, GONE)
        self._world.fault_until(self._to_client.arrived_by)

    def _reach_client(self, item: str | int) -> None:
        self._writable.set()
        self._be_ready()
        if self._client_knows:
            return
        if isinstance(item, str):
            self._peer.heard(self, item)
        else:
            self._client_knows, self.open = True, False
            self._peer.closed(self, item)

    def _reach_server(self, item: tuple[Message, UUID | None]) -> None:
        message, id = item
        if id and not self._server_knows:
            self._peer.arrived(self, id)
        if message["type"] == "websocket.disconnect":
            self._lose_server(message["code"])
        elif not self._server_knows and self.on_text and not self._received:
            self.on_text(message["text"])
        elif not self._server_knows:
            self._received.append(message)
            self._filled.set()

    def _lose_server(self, code: int) -> None:
        """The server notices that the connection is closed."""
        if not self._server_knows:
            self._server_knows = True
            if self._stalling:
                self._stalling.cancel()
            self._received.append({"type": "websocket.disconnect", "code": code})
            self._filled.set()
            self._writable.set()
