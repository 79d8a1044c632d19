"""The log of all listed games over HTTP, and how far the projections are. See docs/openapi.yaml."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.game.events import PlayerJoined
from server.projections.report import condition
from server.services import Services
from server.serving.limits import Rate
from server.store.event_store import Checkpoint
from server.store.read_models import State, Statements
from server.web.problems import bad_request, json_response
from server.web.rates import spend

PAGE = 50
"""Size of an answer, in events."""
PLACE = re.compile(r"([0-9]{1,19})-([0-9]{1,19})", re.ASCII)
"""A place in the log: a transaction and a position in it."""
TYPE = re.compile(r"[A-Za-z]{1,64}", re.ASCII)
JOINED = PlayerJoined.__name__
BEGINNING = Checkpoint(0, 0)
END = Checkpoint(2**63 - 1, 2**63 - 1)


async def log(request: Request) -> Response:
    """The events of listed games, newest first: those before a place, or the first ones after it."""
    await spend(request, Rate.LISTS)
    services: Services = request.state.services
    before, after = _place(request, "before"), _place(request, "after")
    if before and after:
        raise bad_request("Give `before` or `after`, not both.")
    ids = await _found(services.lists, request, before, after)
    rows = await services.lists.fetch("log/entries", ids) if ids else []
    names = iter(await services.names.open(_named(rows)))
    events = [_event(row, next(names) if row["type"] == JOINED else None) for row in rows]
    newest, oldest = (_name(events[0]), _name(events[-1])) if events else (None, None)
    return json_response(
        {
            "events": events,
            "older": oldest if len(events) == PAGE else None,
            "newer": newest or _written(after or BEGINNING),
        }
    )


async def projections(request: Request) -> Response:
    """Every version of a read model that is served from or being built."""
    await spend(request, Rate.LISTS)
    services: Services = request.state.services
    shown = [
        {
            "name": status.name,
            "version": status.version,
            "state": condition(status),
            "events": status.events,
            "lag_events": status.lag_events,
            "lag_ms": round(status.lag_seconds * 1000),
            "held_back": status.held_back,
        }
        for status in await services.read_models.look()
        if status.state is not State.RETIRED
    ]
    return json_response({"projections": shown})


ROUTES = [
    Route("/api/log", log, methods=["GET"]),
    Route("/api/projections", projections, methods=["GET"]),
]


async def _found(
    lists: Statements, request: Request, before: Checkpoint | None, after: Checkpoint | None
) -> list[UUID]:
    """The ids of the events that are asked for."""
    id, type = _uuid(request, "id"), _type(request)
    direction, place = ("after", after) if after else ("before", before or END)
    if id:
        rows = await lists.fetch(f"log/{direction}_of_id", *place, PAGE, id, type)
    elif type:
        rows = await lists.fetch(f"log/{direction}_of_type", *place, PAGE, type)
    else:
        rows = await lists.fetch(f"log/{direction}", *place, PAGE)
    return [row["id"] for row in rows]


def _named(rows: Sequence[Any]) -> Iterator[tuple[UUID, str, str | None]]:
    """The players who join in these events, with the stored name and the sealed one of each."""
    for row in rows:
        if row["type"] == JOINED:
            data = msgspec.json.decode(row["data"])
            yield UUID(data["player"]), data["name"], data.get("sealed")


def _event(row: Any, name: str | None) -> dict[str, Any]:
    """An event as it is stored but for the real `name` of whoever joins by it, where it is in the log, its
    cause and its effects."""
    data: Any = msgspec.Raw(row["data"].encode())
    if name is not None:
        data = msgspec.json.decode(row["data"]) | {"name": name}
        data.pop("sealed", None)
    cause = {"game": row["cause_game"], "version": row["cause_version"]} if row["cause_game"] else None
    return {
        "game": row["stream_id"],
        "version": row["version"],
        "type": row["type"],
        "schema_version": row["schema_version"],
        "data": data,
        "metadata": msgspec.Raw(row["metadata"].encode()),
        "recorded_at": row["recorded_at"],
        "transaction": row["transaction_id"],
        "position": row["position"],
        "cause": cause,
        "effects": msgspec.Raw(row["effects"].encode()),
    }


def _name(event: dict[str, Any]) -> str:
    return _written(Checkpoint(event["transaction"], event["position"]))


def _written(place: Checkpoint) -> str:
    return f"{place.transaction_id}-{place.position}"


def _place(request: Request, name: str) -> Checkpoint | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    found = PLACE.fullmatch(value)
    if (
        not found
        or (place := Checkpoint(int(found[1]), int(found[2]))) > END
        or place.position > END.position
    ):
        raise bad_request(f"`{name}` is a place that an answer has told.")
    return place


def _uuid(request: Request, name: str) -> UUID | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise bad_request(f"`{name}` is the id of a game or of a command.") from None


def _type(request: Request) -> str | None:
    value = request.query_params.get("type")
    if value is not None and not TYPE.fullmatch(value):
        raise bad_request("`type` is the name of a type of event, such as MoveMade.")
    return value
