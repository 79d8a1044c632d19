"""The game over HTTP: create, join, look, and read the log. See docs/openapi.yaml."""

import secrets
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.errors import Problem
from server.game.board import Seat
from server.game.commands import Create, Join
from server.game.events import Clock, ForkOf, GameId, PlayerId
from server.game.rejected import already_seated, no_such_game
from server.processes import seating
from server.services import Services
from server.serving.limits import Rate
from server.store.credentials import is_token, new_token
from server.store.event_store import Head, StreamId
from server.store.ids import derived, random_id
from server.store.names import FORGOTTEN, NO_NAME
from server.store.players import Account
from server.web import lists
from server.web.computer import seat_computer
from server.web.names import clean_name
from server.web.problems import NO_STORE, bad_request, json_response
from server.web.rates import spend
from server.web.requests import Endpoint, account_of, player_needed, read_body
from server.wire import commits, representation
from server.wire.paths import parse_game_id, parse_version

GAME_IDS = UUID("0d3a1b46-8e3d-5f0c-9f43-6d5f0b0c4e21")
"""The namespace of games' ids: a game's id is the UUIDv5 of the id of the request that created it."""
NDJSON = "application/x-ndjson"


class ClockTerms(msgspec.Struct):
    """The clock of a game, in seconds."""

    initial: Annotated[int, msgspec.Meta(ge=10, le=3600)]
    increment: Annotated[int, msgspec.Meta(ge=0, le=60)]


def clock_of(terms: ClockTerms | None) -> Clock | None:
    """The clock of a game with these terms."""
    return Clock(initial=terms.initial, increment=terms.increment) if terms else None


class Seating(msgspec.Struct, kw_only=True):
    """The keys that every call for a seat takes."""

    id: UUID | UnsetType = UNSET
    token: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class OpenGame(Seating, kw_only=True):
    """The keys that every call that opens a game takes."""

    seat: Literal["yellow", "red", "random"] = "random"
    clock: ClockTerms | None = None
    opponent: Literal["human", "bot:easy", "bot:medium", "bot:hard"] = "human"
    rated: bool = False


class CreateGame(OpenGame, kw_only=True):
    """The body of `POST /api/games`."""

    listed: bool = False


class JoinGame(Seating):
    """The body of `POST /api/games/{game}/players`."""


async def create(request: Request) -> Response:
    """Open a game and take a seat at it."""
    await spend(request, Rate.GAMES)
    account = await account_of(request)
    body = await read_body(request, CreateGame)
    if body.rated:
        _check_rated(body, account)
    return await open_game(request, body, account, Beginning(listed=body.listed, rated=body.rated))


class Beginning(NamedTuple):
    """The terms of a new game that not every call that opens one may choose."""

    listed: bool
    rated: bool = False
    fork_of: ForkOf | None = None
    opening: str = ""


async def open_game(
    request: Request, body: OpenGame, account: Account | None, beginning: Beginning
) -> Response:
    """Open a game as `body` says, and seat whoever asks. Raises Problem, Rejected, StoreUnavailable."""
    services: Services = request.state.services
    seat = secrets.choice(list(Seat)) if body.seat == "random" else Seat(body.seat)
    id, token = id_and_token(body)
    game = GameId(derived(GAME_IDS, str(id)))
    player = account.player.id if account else PlayerId(derived(game, str(id)))
    opponent = None if body.opponent == "human" else await seat_computer(request, game, body.opponent, seat)
    command = Create(
        player=player,
        name=name_of(body, account),
        seat=seat,
        clock=clock_of(body.clock),
        opponent=opponent,
        **beginning._asdict(),
    )
    seated = await take_seat(services, game, command, id, token, account)
    url = f"{request.scope['root_path']}/games/{game}"
    created = {"game": game, "seat": seated, "token": token, "url": url}
    return json_response(created, HTTPStatus.CREATED, location=url)


async def join(request: Request) -> Response:
    """Take the seat that is free."""
    services: Services = request.state.services
    game = game_id(request)
    account = await account_of(request)
    body = await read_body(request, JoinGame)
    id, token = id_and_token(body)
    name, player = name_of(body, account), PlayerId(derived(game, str(id)))
    created = (await services.handler.glance(game)).created
    rated = created is not None and bool(created.rated)
    if rated and account is None:
        raise player_needed("A rated game is between players")
    if account and await services.handler.may_join(game, account.player.id, id):
        player = account.player.id
    elif rated:
        raise already_seated()  # in any other game it is somebody who plays against oneself
    seat = await take_seat(services, game, Join(player=player, name=name), id, token, account)
    return json_response({"game": game, "seat": seat, "token": token}, HTTPStatus.CREATED)


async def take_seat(
    services: Services, game: GameId, command: Create | Join, id: UUID, token: str, account: Account | None
) -> Seat | None:
    """As server.processes.seating.take_seat; a game for whoever comes waits for those who play now, too."""
    if isinstance(command, Create) and command.listed and not (command.opponent or command.opening):
        return await services.matching.open(command, id, token, game, account)
    return await seating.take_seat(services.handler, services.credentials, game, command, id, token, account)


async def state(request: Request) -> Response:
    """The game as it is, or as it was at a version."""
    services: Services = request.state.services
    id, at = game_id(request), _version(request, "at")
    game, created_at, changed_at = await services.handler.load_dated(id, at)
    if not game.version and (at is None or not await services.store.version(StreamId(id))):
        raise no_such_game()
    if at is not None and at != game.version:
        raise no_such_version(at)
    shown = await services.names.reveal_game(game)
    return json_response(representation.dated_state(id, shown, created_at, changed_at))


async def events(request: Request) -> Response:
    """The game's log, with the hash of each event where `hashes=1`."""
    services: Services = request.state.services
    id, after = game_id(request), _version(request, "after") or 0
    hashes = request.query_params.get("hashes", "0")
    if hashes not in ("0", "1"):
        raise bad_request("`hashes` is 0 or 1.")
    if hashes == "1":  # each rests on the one before, so the log is read from its start
        recorded = [event for event in await services.store.read(StreamId(id)) if event.version > after]
    else:
        recorded = await services.store.read(StreamId(id), Head(after, None))
    version = recorded[-1].version if recorded else await services.store.version(StreamId(id))
    if not version:
        raise no_such_game()
    revealed = await services.names.reveal(recorded)
    shown = [commits.event(event, with_hash=hashes == "1") for event in revealed]
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(shown), media_type=NDJSON, headers=NO_STORE)
    told = {"game": id, "version": version, "events": shown}
    if after:  # whoever has the events before may have them with a name
        game = await services.names.reveal_game(await services.handler.glance(id))
        told["forgotten"] = [joined.player for joined in game.players if joined.name == FORGOTTEN]
    return json_response(told)


async def record(request: Request) -> Response:
    """The game's verifiable record: its events exactly as they are stored, each with its hash."""
    services: Services = request.state.services
    id = game_id(request)
    stored = await services.store.record(StreamId(id))
    if not stored:
        raise no_such_game()
    return json_response(representation.record(id, stored, await services.names.reveal(stored)))


async def games(request: Request) -> Response:
    """Look for a game, or open one: one route for both, so that a 405 names both methods."""
    return await (create(request) if request.method == "POST" else lists.games(request))


ROUTES = [
    Route("/api/games", Endpoint(games), methods=["GET", "POST"], name="games"),
    Route("/api/games/{game}/players", Endpoint(join), methods=["POST"], name="join"),
    Route("/api/games/{game}", Endpoint(state), methods=["GET"], name="state"),
    Route("/api/games/{game}/events", events, methods=["GET"]),
    Route("/api/games/{game}/record", record, methods=["GET"]),
]


async def _lines(events: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    for event in events:
        yield msgspec.json.encode(event) + b"\n"


def id_and_token(body: Seating) -> tuple[UUID, str]:
    """The client's own id and token, with which a lost answer can be asked for again, or new ones."""
    if body.id is UNSET and body.token is UNSET:
        return random_id(), new_token()
    if body.id is UNSET or body.token is UNSET:
        raise bad_request("`id` and `token` go together: give both or neither.")
    if not is_token(body.token):
        raise bad_request("`token` is 43 base64url characters, made of 32 random bytes.")
    return body.id, body.token


def no_such_version(version: int) -> Problem:
    """The problem of a version that a game has not come to."""
    return Problem(HTTPStatus.NOT_FOUND, "no_such_version", f"The game has no version {version} yet.")


def not_rated() -> Problem:
    """The refusal to rate a game that is not rated."""
    detail = "Rated are listed games between two people, from the first move on."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not_rated", detail)


def _check_rated(body: CreateGame, account: Account | None) -> None:
    """Return if the game may be rated. Raises Problem."""
    if not body.listed or body.opponent != "human":
        raise not_rated()
    if account is None:
        raise player_needed("A rated game is between players")


def name_of(body: Seating, account: Account | None) -> str:
    """The name for this game: the one that is given, or else the player's."""
    if body.name is UNSET:
        return account.player.name if account else NO_NAME
    return clean_name(body.name)


def game_id(request: Request) -> GameId:
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
        raise bad_request(f"`{name}` is a version: 0 or more.")
    return version
