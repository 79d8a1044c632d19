"""The yardstick of whole games: the relay, and beside it in the same process the two HTTP calls with which a
game begins, answered from memory by the libraries that our server uses.

Prints two addresses: that of the calls, and that of the sockets.
"""

import socket
from uuid import uuid4

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.game.board import Seat
from tests.bench import relay

HEADERS = {"cache-control": "no-store"}

waiting: dict[str, str] = {}
"""Of each game that one player has joined, the name."""


class Named(msgspec.Struct):
    """The body of both calls."""

    name: str = ""
    seat: str = Seat.YELLOW


async def create(request: Request) -> Response:
    body, game = msgspec.json.decode(await request.body(), type=Named), str(uuid4())
    waiting[game] = body.name
    answer = {"game": game, "seat": body.seat, "token": body.seat, "url": f"/games/{game}"}
    return _json(answer)


async def join(request: Request) -> Response:
    msgspec.json.decode(await request.body(), type=Named)
    game = request.path_params["game"]
    del waiting[game]
    return _json({"game": game, "seat": Seat.RED, "token": Seat.RED})


def _json(answer: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(answer), 201, HEADERS, "application/json")


async def main() -> None:
    routes = [
        Route("/api/games", create, methods=["POST"]),
        Route("/api/games/{game}/players", join, methods=["POST"]),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), http="httptools", server_header=False, access_log=False, log_config=None
    )
    async with relay.listening() as sockets:
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
            ports = listening.getsockname()[1], sockets.sockets[0].getsockname()[1]
            print("http://127.0.0.1:{} ws://127.0.0.1:{}".format(*ports), flush=True)
            await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    relay.run(main)
