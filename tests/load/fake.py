"""A server in memory that speaks the wire protocol, for tests of the load generator: honest, or with a
planted bug."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any
from uuid import uuid4

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.load.messages import encode
from tests.load.web import Pair


class Bug(Enum):
    """The bugs that can be planted."""

    GAP = auto()
    """One event is not sent to one spectator."""
    REPEAT = auto()
    """One event is sent to a spectator twice."""
    SILENT = auto()
    """No move is accepted, though all are recorded."""
    REFUSES = auto()
    """Every move is refused."""


class Fake:
    """Games that exist as soon as somebody asks for them. Yellow's token is "yellow", red's is "red"."""

    def __init__(self, bug: Bug | None = None) -> None:
        self.bug = bug
        self.frames: dict[str, list[bytes]] = defaultdict(lambda: [_frame(_event(1, "GameStarted", "start"))])
        self.sockets: dict[str, list[_Socket]] = defaultdict(list)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[str]:
        """Serve; yields the address as a ws:// URL."""
        server = await ws_create_server(self._socket, "127.0.0.1", 0, use_aiofastnet=False)
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for sockets in self.sockets.values():
                for socket in sockets:
                    socket.transport.disconnect(graceful=False)
            await asyncio.sleep(0)
            await server.wait_closed()

    def _socket(self, request: WSUpgradeRequest) -> "_Socket":
        game, _, after = request.path.decode().removeprefix("/ws/games/").partition("?after=")
        return _Socket(self, game, int(after))

    def move(self, mover: "_Socket", message: dict[str, Any]) -> None:
        frames, sockets = self.frames[mover.game], self.sockets[mover.game]
        if self.bug is Bug.REFUSES:
            mover.say({"type": "rejected", "id": message["id"], "code": "column_full"})
            return
        frames.append(_frame(_event(len(frames) + 1, "MoveMade", message["id"])))
        if self.bug is not Bug.SILENT:
            mover.say({"type": "accepted", "id": message["id"], "version": len(frames)})
        for socket in sockets:
            spoiled = len(frames) == 5 and socket is sockets[-1]
            if not (spoiled and self.bug is Bug.GAP):
                socket.transport.send(WSMsgType.TEXT, frames[-1])
            if spoiled and self.bug is Bug.REPEAT:
                socket.transport.send(WSMsgType.TEXT, frames[-1])


class _Socket(WSListener):
    def __init__(self, fake: Fake, game: str, after: int) -> None:
        self.fake, self.game, self._after = fake, game, after
        self.transport: WSTransport

    def say(self, message: dict[str, Any]) -> None:
        self.transport.send(WSMsgType.TEXT, encode(message))

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        frames = self.fake.frames[self.game]
        self.say({"type": "welcome", "protocol": 1, "game": self.game, "version": len(frames)})
        for frame in frames[self._after :]:
            transport.send(WSMsgType.TEXT, frame)
        self.fake.sockets[self.game].append(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.fake.sockets[self.game].remove(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            transport.disconnect()
            return
        message = msgspec.json.decode(frame.get_payload_as_bytes(), type=dict[str, Any])
        if message["type"] == "authenticate":
            self.say({"type": "seated", "seat": message["token"]})
        elif message["type"] == "move":
            self.fake.move(self, message)


def pairs(count: int) -> list[Pair]:
    """So many games on a fake server."""
    return [Pair(str(uuid4()), "yellow", "red") for _ in range(count)]


def _event(version: int, type: str, command_id: str) -> dict[str, Any]:
    at = "2026-01-01T00:00:00Z"
    return {"version": version, "type": type, "data": {}, "recorded_at": at, "command_id": command_id}


def _frame(event: dict[str, Any]) -> bytes:
    return encode({"type": "events", "events": [event]})
