"""Forks over HTTP: a game that continues another one from a position, and the list of those of a game."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import Problem
from server.game.events import ForkOf, GameId
from server.game.forks import opening_from
from server.game.rejected import Code, Rejected, no_such_game
from server.game.state import Game, Status
from server.services import Services
from server.serving.limits import Rate
from server.store.players import Account
from server.web.api import Beginning, OpenGame, game_id, no_such_version, not_rated, open_game
from server.web.lists import forks_of
from server.web.rates import spend
from server.web.requests import account_of, bearer_of, read_body


class ForkGame(OpenGame, kw_only=True):
    """The body of `POST /api/games/{game}/forks`."""

    version: Annotated[int, msgspec.Meta(ge=1)]


async def fork(request: Request) -> Response:
    """Open a game that begins with the position at a version of another one, and take a seat at it."""
    await spend(request, Rate.GAMES)
    services: Services = request.state.services
    id = game_id(request)
    parent = await services.handler.load(id)
    if not parent.created:
        raise no_such_game()
    account = await _account(request, id, parent)
    body = await read_body(request, ForkGame)
    if body.rated:
        raise not_rated()
    if body.version > parent.version:
        raise no_such_version(body.version)
    try:
        opening = opening_from(await services.handler.load(id, upto=body.version))
    except Rejected as refusal:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, refusal.code, refusal.detail) from None
    beginning = Beginning(
        listed=parent.created.public,
        fork_of=ForkOf(game=id, version=body.version),
        opening=opening,
    )
    return await open_game(request, body, account, beginning)


async def _account(request: Request, id: GameId, parent: Game) -> Account | None:
    """The player who asks, if it is one of more than a game. Raises Rejected where whoever asks, by a secret
    or by a token of the game, plays it while it is not over; Problem as `account_of`."""
    services: Services = request.state.services
    account, player = None, None
    try:
        account = await account_of(request)
        player = account and account.player.id
    except Problem:  # it may be the token of a seat
        secret = bearer_of(request)
        player = await services.credentials.player(id, secret) if secret else None
        if player is None:
            raise
    if player and parent.seat_of(player) and parent.status is not Status.FINISHED:
        raise Rejected(Code.STILL_PLAYING, "You play this game; try things out once it is over.")
    return account


async def forks(request: Request) -> Response:
    """The listed forks of a game, newest first; or a new one: one route for both, as for games."""
    return await (fork(request) if request.method == "POST" else forks_of(request, game_id(request)))


ROUTES = [Route("/api/games/{game}/forks", forks, methods=["GET", "POST"])]
