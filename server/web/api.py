"""The game over HTTP: create, join, look, and read the log. See docs/openapi.yaml."""

import secrets
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from uuid import uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.errors import Problem
from server.game.board import Seat
from server.game.commands import Create, Join
from server.game.decider import decide
from server.game.events import Clock, GameId, PlayerId
from server.game.rejected import Code, Rejected, no_such_game
from server.services import Services
from server.serving.limits import Limits, Rate
from server.store.event_store import StreamId
from server.web.names import clean_name
from server.web.problems import NO_STORE, json_response
from server.wire import messages
from server.wire.paths import parse_game_id, parse_version

MAX_BODY = 4096
"""The largest body that is read, in bytes."""
NDJSON = "application/x-ndjson"

T = TypeVar("T")


class CreateGame(msgspec.Struct):
    """The body of `POST /api/games`."""

    name: str = ""
    seat: Literal["yellow", "red", "random"] = "random"
    clock: Clock | None = None
    opponent: Literal["human", "bot:easy", "bot:hard"] = "human"
    listed: bool = True


class JoinGame(msgspec.Struct):
    """The body of `POST /api/games/{game}/players`."""

    name: str = ""


async def create(request: Request) -> Response:
    """Open a game and take a seat at it."""
    services: Services = request.state.services
    limits: Limits = request.state.limits
    await limits.spend(Rate.GAMES, request.client.host if request.client else None)
    body = await _body(request, CreateGame)
    if body.clock is not None:
        raise Rejected(Code.NOT_SUPPORTED, "Games with a clock are not there yet.")
    if body.opponent != "human":
        raise Rejected(Code.NOT_SUPPORTED, "Games against the computer are not there yet.")
    seat = secrets.choice(list(Seat)) if body.seat == "random" else Seat(body.seat)
    game, player = GameId(uuid4()), PlayerId(uuid4())
    token = await services.credentials.issue(game, player)
    command = Create(player=player, name=clean_name(body.name), seat=seat, listed=body.listed)
    await services.handler.handle(game, command, uuid4())
    url = f"{request.scope['root_path']}/games/{game}"
    created = {"game": game, "seat": seat, "token": token, "url": url}
    return json_response(created, HTTPStatus.CREATED, location=url)


async def join(request: Request) -> Response:
    """Take the seat that is free."""
    services: Services = request.state.services
    id = _game_id(request)
    body = await _body(request, JoinGame)
    command = Join(player=PlayerId(uuid4()), name=clean_name(body.name))
    game = await services.handler.load(id)
    decide(game, command)  # refused before there is a token: who asks often leaves nothing behind
    # The token first: one whose player gets no seat opens nothing, but a seat with no token would be lost.
    token = await services.credentials.issue(id, command.player)
    await services.handler.handle(id, command, uuid4())
    # There was one seat to take, so it is known which one it was.
    return json_response({"game": id, "seat": game.free_seat, "token": token}, HTTPStatus.CREATED)


async def state(request: Request) -> Response:
    """The game as it is, or as it was at a version."""
    services: Services = request.state.services
    id, at = _game_id(request), _version(request, "at")
    game = await services.handler.load(id, upto=at)
    if not game.version and not await services.store.version(StreamId(id)):
        raise no_such_game()
    if at is not None and at != game.version:
        raise Problem(HTTPStatus.NOT_FOUND, "no_such_version", f"The game has no version {at} yet.")
    return json_response(messages.state(id, game))


async def events(request: Request) -> Response:
    """The game's log."""
    services: Services = request.state.services
    id, after = _game_id(request), _version(request, "after") or 0
    recorded = await services.store.read(StreamId(id), after=after)
    version = recorded[-1].version if recorded else await services.store.version(StreamId(id))
    if not version:
        raise no_such_game()
    shown = [messages.event(event) for event in recorded]
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(shown), media_type=NDJSON, headers=NO_STORE)
    return json_response({"game": id, "version": version, "events": shown})


ROUTES = [
    Route("/api/games", create, methods=["POST"]),
    Route("/api/games/{game}/players", join, methods=["POST"]),
    Route("/api/games/{game}", state, methods=["GET"]),
    Route("/api/games/{game}/events", events, methods=["GET"]),
]


async def _lines(events: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    for event in events:
        yield msgspec.json.encode(event) + b"\n"


async def _body(request: Request, shape: type[T]) -> T:
    """The request's JSON body as `shape`; an empty one has every key left out."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A body has {MAX_BODY} bytes at most."
            )
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, Code.BAD_MESSAGE, str(error)) from None


def _game_id(request: Request) -> GameId:
    game = parse_game_id(request.path_params["game"])
    if game is None:
        raise no_such_game()
    return game


def _version(request: Request, name: str) -> int | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    version = parse_version(value)
    if version is None:
        raise Problem(HTTPStatus.BAD_REQUEST, Code.BAD_MESSAGE, f"`{name}` is a version: 0 or more.")
    return version
