"""The yardstick: bare `websockets`, which sends what one socket says to all others, by its `broadcast`."""

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

watchers: set[ServerConnection] = set()


async def handle(socket: ServerConnection) -> None:
    assert socket.request
    try:
        if socket.request.path == "/say":
            async for frame in socket:
                broadcast(watchers, frame)
        watchers.add(socket)
        await socket.wait_closed()
    except ConnectionClosed:
        pass
    finally:
        watchers.discard(socket)


async def main() -> None:
    async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096) as server:
        print(f"Connect Four is at http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
