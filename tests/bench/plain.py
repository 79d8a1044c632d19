"""The yardstick for memory: a Starlette endpoint that accepts a WebSocket and waits, on uvicorn with our
options."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from server.serving.server import MAX_FRAME


async def wait(websocket: WebSocket) -> None:
    await websocket.accept()
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def main() -> None:
    config = uvicorn.Config(
        Starlette(routes=[WebSocketRoute("/ws/games/{game}", wait)]),
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        ws_per_message_deflate=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
