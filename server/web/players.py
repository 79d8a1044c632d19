"""Players over HTTP: become one, look at oneself and at others, another device, be forgotten.
See docs/openapi.yaml."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import Problem
from server.services import Services
from server.serving.limits import Rate
from server.store.players import Player
from server.web import lists, standings
from server.web.invitation import secret_qr_code
from server.web.names import clean_name
from server.web.problems import NO_STORE, json_response, no_such_player
from server.web.rates import spend
from server.web.requests import bad_secret, needed_account_of, read_body
from server.web.site import site_of
from server.wire.paths import parse_game_id


class Named(msgspec.Struct):
    """The body of `POST /api/players`."""

    name: str = ""


class Renamed(msgspec.Struct):
    """The body of `PATCH /api/me`."""

    name: str


class Code(msgspec.Struct):
    """The body of `POST /api/handover` and `POST /api/handover/player`."""

    code: str


async def create(request: Request) -> Response:
    """Become a player for all games to come."""
    services: Services = request.state.services
    await spend(request, Rate.PLAYERS)
    body = await read_body(request, Named)
    id, name, secret = await services.players.add(clean_name(body.name))
    return json_response({"player": id, "name": name, "secret": secret}, HTTPStatus.CREATED)


async def me(request: Request) -> Response:
    """The player who asks. One route for all that one does to oneself, so that a 405 names each method."""
    match request.method:
        case "PATCH":
            return await rename(request)
        case "DELETE":
            return await forget(request)
    services: Services = request.state.services
    player, _ = await needed_account_of(request)
    games = await lists.under_way(services, player.id)
    return json_response({**await _profile(request, player), "games": games})


async def rename(request: Request) -> Response:
    """Another name, for games to come."""
    services: Services = request.state.services
    player, _ = await needed_account_of(request)
    name = clean_name((await read_body(request, Renamed)).name)
    await services.players.rename(player.id, name)
    return json_response(await _profile(request, player._replace(name=name)))


async def forget(request: Request) -> Response:
    """Be forgotten."""
    services: Services = request.state.services
    player, _ = await needed_account_of(request)
    await services.forgetting.forget(player.id)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)


async def hand_over(request: Request) -> Response:
    """A code with which another device becomes that of the same player. It is in the fragment of the URL,
    which browsers send to nobody; so the QR code of that URL is in the answer, and has no address."""
    services: Services = request.state.services
    await spend(request, Rate.HANDOVERS)
    player, _ = await needed_account_of(request)
    handover = await services.players.hand_over(player.id)
    if handover is None:
        raise bad_secret()
    code, expires_at = handover
    path = f"/me#handover={code}"
    try:
        link = f"{site_of(request).url}{path}"
    except ValueError:  # the request names no host
        link = None
    answer = {
        "code": code,
        "url": f"{request.scope['root_path']}{path}",
        "link": link,
        "qr": link and await secret_qr_code(link),
        "expires_at": expires_at,
    }
    return json_response(answer, HTTPStatus.CREATED)


async def take_over(request: Request) -> Response:
    """On the other device: a further secret of the same player, once."""
    services: Services = request.state.services
    await spend(request, Rate.HANDOVERS)
    welcome = await services.players.redeem((await read_body(request, Code)).code)
    if welcome is None:
        raise _no_such_code()
    id, name, secret = welcome
    return json_response({"player": id, "name": name, "secret": secret})


async def whose(request: Request) -> Response:
    """On the other device, before: whose code it is. It stays valid."""
    services: Services = request.state.services
    await spend(request, Rate.HANDOVERS)
    player = await services.players.of_code((await read_body(request, Code)).code)
    if player is None:
        raise _no_such_code()
    return json_response({"player": player.id, "name": player.name})


async def profile(request: Request) -> Response:
    """A player, as everybody may see."""
    services: Services = request.state.services
    await spend(request, Rate.LISTS)
    id = parse_game_id(request.path_params["player"])
    player = id and await services.players.get(id)
    if not player:
        raise no_such_player()
    return json_response(await _profile(request, player))


def _no_such_code() -> Problem:
    detail = "This code was used before, or its ten minutes are over."
    return Problem(HTTPStatus.NOT_FOUND, "no_such_code", detail)


async def _profile(request: Request, player: Player) -> dict[str, Any]:
    services: Services = request.state.services
    return {
        "player": player.id,
        "name": player.name,
        "joined": player.joined,
        **await standings.results(services.lists, player.id),
    }


ROUTES = [
    standings.ROUTE,
    Route("/api/players", create, methods=["POST"]),
    Route("/api/players/{player}", profile, methods=["GET"]),
    Route("/api/me", me, methods=["GET", "PATCH", "DELETE"]),
    Route("/api/me/handover", hand_over, methods=["POST"]),
    Route("/api/handover", take_over, methods=["POST"]),
    Route("/api/handover/player", whose, methods=["POST"]),
]
