"""Links as QR codes: a phone whose camera sees the invitation to a game opens it."""

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
from server.web.assets import Fixed, respond
from server.web.site import site_of
from server.wire.paths import parse_game_id

MAX_LINK = 200
"""The longest link that is drawn, in characters: it has the host that the request names."""
CACHE_SIZE = 1000
"""Cache size, in pictures; drawing one takes some milliseconds."""
HEADERS: Fixed = (("cache-control", "private, no-cache"), ("vary", "accept-encoding"))
"""Headers of a picture, whose link is that of whoever asks."""


async def qr_code(request: Request) -> Response:
    """The address of a game's page as a QR code, in SVG."""
    services: Services = request.state.services
    game = parse_game_id(request.path_params["game"])
    if game is None or not (await services.handler.glance(game)).version:
        return PlainTextResponse("no such game", HTTPStatus.NOT_FOUND)
    try:
        site = site_of(request)
    except ValueError:
        return PlainTextResponse("the Host header is no host", HTTPStatus.BAD_REQUEST)
    link = f"{site.url}/games/{game}"
    if len(link) > MAX_LINK:
        return PlainTextResponse("the address is too long", HTTPStatus.BAD_REQUEST)
    # In a thread, because it would hold others up; one at a time, because each needs the interpreter.
    picture = await anyio.to_thread.run_sync(_kept, link, limiter=_one)
    return respond(request.scope, picture, "qr.svg", HEADERS)


async def secret_qr_code(link: str) -> str | None:
    """A link that has a secret in it as a QR code, in SVG, which is kept in no cache; None where it is too
    long."""
    if len(link) > MAX_LINK:
        return None
    return (await anyio.to_thread.run_sync(draw, link, limiter=_one)).decode()


def draw(link: str) -> bytes:
    """`link` as a QR code, in SVG."""
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="svg", border=3, omitsize=True)
    return picture.getvalue()


_kept = lru_cache(CACHE_SIZE)(draw)
_one = anyio.CapacityLimiter(1)
ROUTE = Route("/games/{game}/qr.svg", qr_code)
