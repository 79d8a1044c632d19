"""The board as a picture of a position, for whoever shows links to games: messengers and the like."""

import asyncio
from collections import OrderedDict
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
from server.web.assets import Fixed, respond
from server.web.position import Position
from server.wire.paths import parse_game_id, parse_version

CACHE_SIZE = 300
"""Cache size, in pictures of about 20 KB; the least recently used is evicted."""
REST = 0.02
"""Pause behind each picture that is drawn, in seconds. Drawing takes 5 ms, in which nothing else of this
process runs: whoever asks for one after the other leaves four fifths of the time to those who play."""
MAX_WAITING = 50
"""Most requests that wait for a picture to be drawn; another one is told to try again later."""
HEADERS: Fixed = (
    ("cache-control", "public, max-age=3600"),
    ("vary", "accept-encoding"),
    ("cross-origin-resource-policy", "cross-origin"),  # pages of others show it
)


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
    picture = await _pictures.get(position_of(game))
    return respond(request.scope, picture, "board.png", HEADERS)


def position_of(game: Game) -> Position:
    """The state of the game as a picture shows it."""
    finish = game.finish
    shining = tuple(Seat)
    if game.status is Status.PLAYING and game.next:
        shining = (game.next,)
    elif game.result in (Result.PLAYER_ONE_WON, Result.PLAYER_TWO_WON):
        shining = (Seat.YELLOW if game.result is Result.PLAYER_ONE_WON else Seat.RED,)
    return Position(game.board, finish.cells if isinstance(finish, GameFinished) else (), shining)


class Pictures:
    """The pictures that were asked for last. They are drawn in a thread, one at a time: each needs the
    interpreter, and would hold others up."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[Position, bytes] = OrderedDict()
        self._one = asyncio.Lock()
        self._waiting = 0

    async def get(self, position: Position) -> bytes:
        """The picture of `position`, as a PNG. Raises Problem where too many wait."""
        if position not in self._drawn:
            if self._waiting >= MAX_WAITING:
                detail = "Too many pictures are being drawn. Try again."
                raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, Code.UNAVAILABLE, detail)
            self._waiting += 1
            try:
                await self._draw(position)
            finally:
                self._waiting -= 1
        self._drawn.move_to_end(position)
        return self._drawn[position]

    async def _draw(self, position: Position) -> None:
        async with self._one:
            if position in self._drawn:  # somebody else waited for the same
                return
            self._drawn[position] = await anyio.to_thread.run_sync(_draw, position)
            if len(self._drawn) > CACHE_SIZE:
                self._drawn.popitem(last=False)
            await asyncio.sleep(REST)


def _draw(position: Position) -> bytes:
    from server.web import drawing  # now, because a server that nobody asks for a picture does without

    return drawing.draw(position)


_pictures = Pictures()
ROUTE = Route("/games/{game}/board.png", board)
