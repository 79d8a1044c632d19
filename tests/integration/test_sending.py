"""ASGI's word for a socket that is gone is OSError: whoever sends can tell that from a bug."""

import asyncio
from collections.abc import Callable

import websockets
from starlette.types import Receive, Scope, Send

from server.serving import server as serving
from server.serving.drain import Drain
from server.settings import Settings
from tests.support.player import PATIENCE, UNHURRIED

FLOOD = b"\x89\x80\0\0\0\0" * 300
"""More pings than a socket may send."""


async def error_of_sending(leave: Callable[[websockets.ClientConnection], object]) -> BaseException | None:
    """What a server's application gets that sends when the socket has been closed."""
    raised: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        try:
            await send({"type": "websocket.send", "text": "late"})
            raised.set_result(None)
        except Exception as error:
            raised.set_result(error)

    settings, drain = Settings(port=0), Drain()
    with serving.bind(settings) as listening:
        server = serving.create_server(app, settings, drain)
        task = asyncio.create_task(server._serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            url = serving.address(listening).replace("http", "ws", 1)
            async with asyncio.timeout(PATIENCE), websockets.connect(f"{url}/", **UNHURRIED) as connection:
                leave(connection)
                return await raised
        finally:
            server.should_exit = True
            await task


async def test_a_socket_that_the_server_closed_by_itself_is_gone() -> None:
    assert isinstance(await error_of_sending(lambda it: it.transport.write(FLOOD)), OSError)


async def test_a_socket_that_the_peer_cut_off_is_gone() -> None:
    assert isinstance(await error_of_sending(lambda it: it.transport.abort()), OSError)
