"""The invitation to a game as a picture: a phone that is held to it opens the game."""

import io
from functools import lru_cache
from http import HTTPStatus

import anyio
import anyio.to_thread
import segno
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.services import Services
from server.store.event_store import StreamId
from server.wire.paths import parse_game_id

LONGEST = 200
"""The longest link that is drawn, in characters: who asks names the host, and the picture grows with it."""
REMEMBERED = 1000
"""How many pictures are kept; making one takes some milliseconds."""


async def qr_code(request: Request) -> Response:
    """The address of a game's page as a QR code, in SVG."""
    services: Services = request.state.services
    game = parse_game_id(request.path_params["game"])
    if game is None or not await services.store.version(StreamId(game)):
        return PlainTextResponse("no such game", HTTPStatus.NOT_FOUND)
    link = f"{request.base_url}games/{game}"
    if len(link) > LONGEST:
        return PlainTextResponse("that is no address of ours", HTTPStatus.BAD_REQUEST)
    # In a thread, for making one would hold others up; one at a time, as they would all want the interpreter.
    picture = await anyio.to_thread.run_sync(_svg, link, limiter=_one)
    return Response(picture, media_type="image/svg+xml", headers={"cache-control": "private, max-age=3600"})


@lru_cache(REMEMBERED)
def _svg(link: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="svg", border=3, omitsize=True)
    return picture.getvalue()


_one = anyio.CapacityLimiter(1)
ROUTE = Route("/games/{game}/qr.svg", qr_code)
