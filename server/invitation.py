"""The invitation to a game as a picture: a phone that is held to it opens the game."""

import io
from functools import lru_cache
from http import HTTPStatus

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.api import parse_game_id
from server.event_store import StreamId
from server.session import Services

REMEMBERED = 1000
"""How many pictures are kept; making one takes some milliseconds."""


async def qr_code(request: Request) -> Response:
    """The address of a game's page as a QR code, in SVG."""
    services: Services = request.state.services
    game = parse_game_id(request.path_params["game"])
    if game is None or not await services.store.version(StreamId(game)):
        return PlainTextResponse("no such game", HTTPStatus.NOT_FOUND)
    # In a thread, for making one would hold others up.
    picture = await run_in_threadpool(_svg, f"{request.base_url}games/{game}")
    return Response(picture, media_type="image/svg+xml", headers={"cache-control": "private, max-age=3600"})


@lru_cache(REMEMBERED)
def _svg(link: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="svg", border=3, omitsize=True)
    return picture.getvalue()


ROUTE = Route("/games/{game}/qr.svg", qr_code)
