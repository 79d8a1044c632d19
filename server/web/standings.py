"""Ratings over HTTP: the strongest players of a pool, and what a player won. See docs/openapi.yaml."""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.game.board import Seat
from server.projections.ratings import Kind, Pool, Rated, Score, rating_id
from server.services import Services
from server.serving.limits import Rate
from server.store.read_models import Statements
from server.web.lists import limit_of
from server.web.problems import bad_request, json_response
from server.web.rates import spend

RESULTS = ("won", "lost", "drawn")
"""Results of a game, for one of its players."""

_CURSOR = re.compile(r"(-?[0-9]{1,6}(?:\.[0-9]{1,12})?) ([0-9a-f]{32}) ([0-9]{1,9})", re.ASCII)

_score = msgspec.json.Decoder(Score)
_history = msgspec.json.Decoder(list[Rated])


class Cursor(NamedTuple):
    """The last player of a page, by whom the next page goes on."""

    rating: Decimal
    player: UUID
    rank: int

    def __str__(self) -> str:
        """Opaque text for a URL."""
        text = f"{self.rating} {self.player.hex} {self.rank}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in `text`. Raises ValueError."""
        written = _CURSOR.fullmatch(base64.b64decode(text, b"-_", validate=True).decode("ascii"))
        if not written:
            raise ValueError("no cursor")
        rating, player, rank = written.groups()
        return cls(Decimal(rating), UUID(hex=player), int(rank))


_TOP = Cursor(Decimal(1_000_000), UUID(int=2**128 - 1), 0)
"""The place before the first."""


async def standings(request: Request) -> Response:
    """The players of a pool of whom enough is known, the strongest first."""
    services: Services = request.state.services
    await spend(request, Rate.LISTS)
    query = request.query_params
    pool, limit, cursor = _pool(query), limit_of(query), _cursor(query)
    rows = await services.lists.fetch("ratings/standings", pool, cursor.rating, cursor.player, limit + 1)
    shown = [
        {
            "rank": rank,
            "player": row["player"],
            "name": row["name"],
            "rating": _shown(row["rating"]),
            "deviation": _shown(row["deviation"]),
            "games": row["games"],
        }
        for rank, row in enumerate(rows[:limit], cursor.rank + 1)
    ]
    last = None
    if len(rows) > limit:
        row = rows[limit - 1]
        last = str(Cursor(row["rating"], row["player"], cursor.rank + limit))
    return json_response({"pool": pool, "standings": shown, "cursor": last})


async def results(lists: Statements, player: UUID) -> dict[str, Any]:
    """The ratings of `player`, and how many games were won, lost and drawn, in all and at each seat.
    Raises StoreUnavailable."""
    ids = [player, *(rating_id(player, pool) for pool in Pool)]
    ratings: dict[str, Any] = {}
    scores = dict.fromkeys(RESULTS, Score())
    for row in await lists.fetch("ratings/of", ids):
        if row["kind"] == Kind.PLAYER:
            scores = {kind: _score.decode(row[kind]) for kind in RESULTS}
        else:
            history = [
                {"at": rated.at, "rating": _shown(rated.rating)} for rated in _history.decode(row["history"])
            ]
            ratings[row["pool"]] = {
                "rating": _shown(row["rating"]),
                "deviation": _shown(row["deviation"]),
                "games": row["games"],
                "history": history,
            }
    return {
        "ratings": ratings,
        **{kind: score.yellow + score.red for kind, score in scores.items()},
        "as": {seat: {kind: getattr(score, seat) for kind, score in scores.items()} for seat in Seat},
    }


ROUTE = Route("/api/standings", standings, methods=["GET"])


def _shown(figure: Decimal) -> float:
    """A figure as people read it: to a tenth."""
    return float(round(figure, 1))


def _pool(query: Mapping[str, str]) -> Pool:
    try:
        return Pool(query.get("pool", Pool.UNTIMED))
    except ValueError:
        raise bad_request(f"`pool` is one of {', '.join(Pool)}.") from None


def _cursor(query: Mapping[str, str]) -> Cursor:
    try:
        return Cursor.parse(query["cursor"]) if "cursor" in query else _TOP
    except ValueError:
        raise bad_request("`cursor` is none that this list gave out.") from None
