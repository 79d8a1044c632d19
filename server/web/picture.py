"""The board as a picture of a position, for whoever shows links to games: messengers and the like."""

from http import HTTPStatus

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import Problem
from server.game.board import Seat
from server.game.events import GameFinished, Result
from server.game.rejected import Code, no_such_game
from server.game.state import Game, Status
from server.services import Services
from server.web.assets import respond
from server.web.position import Position
from server.wire.paths import parse_game_id, parse_version

MAX_WAITING = 50
"""Most requests that wait for a picture to be drawn; another one is told to try again later."""
HEADERS = {
    "cache-control": "public, max-age=3600",
    "vary": "accept-encoding",
    "cross-origin-resource-policy": "cross-origin",  # pages of others show it
}


async def board(request: Request) -> Response:
    """A game's position at `version`, or as it is, as a PNG."""
    services: Services = request.state.services
    id = parse_game_id(request.path_params["game"])
    wanted = request.query_params.get("version")
    version = parse_version(wanted) if wanted else None
    if id is None or (wanted and version is None):
        raise no_such_game()
    game = await services.handler.glance(id, version)
    if not game.version:
        raise no_such_game()
    if _one.statistics().tasks_waiting >= MAX_WAITING:
        detail = "Too many pictures are being drawn. Try again."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, Code.UNAVAILABLE, detail)
    # In a thread, because it would hold others up; one at a time, because each needs the interpreter.
    picture = await anyio.to_thread.run_sync(_draw, position_of(game), limiter=_one)
    return respond(request.scope, picture, "board.png", HEADERS)


def position_of(game: Game) -> Position:
    """What a picture of the game shows."""
    finish = game.finish
    shining = tuple(Seat)
    if game.status is Status.PLAYING and game.next:
        shining = (game.next,)
    elif game.result in (Result.PLAYER_ONE_WON, Result.PLAYER_TWO_WON):
        shining = (Seat.YELLOW if game.result is Result.PLAYER_ONE_WON else Seat.RED,)
    return Position(game.board, finish.cells if isinstance(finish, GameFinished) else (), shining)


def _draw(position: Position) -> bytes:
    from server.web import drawing  # now, because a server that nobody asks for a picture does without

    return drawing.draw(position)


_one = anyio.CapacityLimiter(1)
ROUTE = Route("/games/{game}/board.png", board)
