"""A socket of the load generator ends as RFC 6455 has it."""

import asyncio
from uuid import uuid4

from websockets.asyncio.server import ServerConnection, serve

from tests.faults.checker import Kind
from tests.load.client import Connection
from tests.load.messages import encode
from tests.support.player import PATIENCE


class Nobody:
    """Hears nothing of interest."""

    def heard(self, connection: Connection, first: int, at: int) -> None: ...
    def accepted(self, connection: Connection, id: str, version: int, at: int) -> None: ...
    def rejected(self, connection: Connection, id: str | None, code: str) -> None: ...
    def violated(self, connection: Connection, kind: Kind, detail: str) -> None: ...

    def lost(self, connection: Connection, code: int) -> None:
        raise AssertionError("it left by itself")


async def test_who_leaves_closes_in_order() -> None:
    closed: asyncio.Queue[int | None] = asyncio.Queue()

    async def welcome(server: ServerConnection) -> None:
        message = {"type": "welcome", "protocol": 1, "game": str(uuid4()), "version": 0}
        await server.send(encode(message), text=True)
        await server.wait_closed()
        closed.put_nowait(server.close_code)

    async with serve(welcome, "127.0.0.1", 0) as server:
        connection = Connection(Nobody(), {})
        port = server.sockets[0].getsockname()[1]
        await connection.open(f"ws://127.0.0.1:{port}", str(uuid4()))
        connection.leave()
        assert await asyncio.wait_for(closed.get(), PATIENCE) == 1000
        while connection.here:
            await asyncio.sleep(0)
