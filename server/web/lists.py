"""Lists of games over HTTP, from the read model of games. See docs/openapi.yaml."""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from server.game.events import GameId
from server.game.rejected import no_such_game
from server.game.state import Status
from server.projections.entries import entries
from server.services import Services
from server.serving.limits import Rate
from server.web.problems import bad_request, json_response
from server.web.rates import spend
from server.web.requests import account_of

LIMIT, MOST = 20, 100
"""Number of games in an answer, unless the request names one; and the most that it may name."""

_CURSOR = re.compile("AA[A-Za-z0-9_-]{30}")
_NUMBER = re.compile("[0-9]{1,9}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Cursor(NamedTuple):
    """The last game of a page, by which the next page goes on, however many games are created meanwhile."""

    created_at: datetime
    game: UUID

    def __str__(self) -> str:
        """Opaque text for a URL. It begins with `AA` until the year 2112."""
        microseconds = (self.created_at - _EPOCH) // _MICROSECOND
        return base64.urlsafe_b64encode(microseconds.to_bytes(8) + self.game.bytes).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in `text`. Raises ValueError."""
        if not _CURSOR.fullmatch(text):
            raise ValueError("no cursor")
        packed = base64.urlsafe_b64decode(text)
        return cls(_EPOCH + int.from_bytes(packed[:8]) * _MICROSECOND, UUID(bytes=packed[8:]))


NEWEST = Cursor(datetime(9999, 1, 1, tzinfo=UTC), UUID(int=0))
"""The place before the newest game."""


async def games(request: Request) -> Response:
    """The listed games, of one status or of all, newest first."""
    await spend(request, Rate.LISTS)
    services: Services = request.state.services
    query = request.query_params
    status, limit, cursor = _status(query), limit_of(query), _cursor(query)
    account = await account_of(request)
    if player := _player(query):
        own = account is not None and account.player.id == player
        rows = await _of_player(services, player, cursor, limit + 1, status, own)
    else:
        name, of = ("games/newest_of_status", [status]) if status else ("games/newest", [])
        rows = await services.lists.fetch(name, *cursor, limit + 1, *of)
    shown, more = rows[:limit], len(rows) > limit
    last = str(Cursor(shown[-1]["created_at"], shown[-1]["id"])) if more else None
    return json_response({"games": await entries(services.names, shown), "cursor": last})


async def forks_of(request: Request, game: GameId) -> Response:
    """The listed forks of a game, newest first, each with the version from which it goes on."""
    await spend(request, Rate.LISTS)
    services: Services = request.state.services
    limit, cursor = limit_of(request.query_params), _cursor(request.query_params)
    if not (await services.handler.glance(game)).version:
        raise no_such_game()
    rows = await services.lists.fetch("games/forks_of", *cursor, limit + 1, game)
    shown, more = rows[:limit], len(rows) > limit
    last = str(Cursor(shown[-1]["created_at"], shown[-1]["id"])) if more else None
    found = await entries(services.names, shown)
    forks = [
        entry | {"fork_of": {"game": game, "version": row["fork_version"]}}
        for entry, row in zip(found, shown, strict=True)
    ]
    return json_response({"games": forks, "cursor": last})


async def under_way(services: Services, player: UUID) -> list[dict[str, Any]]:
    """The newest games of `player` that are not over, those that are not listed, too. Raises
    StoreUnavailable."""
    found = [
        row
        for status in (Status.PLAYING, Status.WAITING)
        for row in await _of_player(services, player, NEWEST, MOST, status, own=True)
    ]
    return await entries(services.names, found)


async def _of_player(
    services: Services, player: UUID, cursor: Cursor, limit: int, status: Status | None, own: bool
) -> Sequence[Any]:
    return await services.lists.fetch("games/newest_of_player", *cursor, limit, str(player), status, own)


def _status(query: Mapping[str, str]) -> Status | None:
    try:
        return Status(query["status"]) if "status" in query else None
    except ValueError:
        raise bad_request(f"`status` is one of {', '.join(Status)}.") from None


def limit_of(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(LIMIT))
    if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= MOST):
        raise bad_request(f"`limit` is a number from 1 to {MOST}.")
    return int(text)


def _player(query: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(query["player"]) if "player" in query else None
    except ValueError:
        raise bad_request("`player` is the id of a player.") from None


def _cursor(query: Mapping[str, str]) -> Cursor:
    try:
        return Cursor.parse(query["cursor"]) if "cursor" in query else NEWEST
    except ValueError:
        raise bad_request("`cursor` is none that this list gave out.") from None
