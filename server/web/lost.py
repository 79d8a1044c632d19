"""The answer where an address leads nowhere: a page for people, and for programs a problem in JSON."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ExceptionHandler

from server.errors import Problem
from server.game.rejected import Code, Rejected
from server.settings import Settings
from server.web import preview, problems
from server.web.documents import ROUTES, VARY, built, elsewhere
from server.web.pages import HEAD, POLICY

HEADERS = {"cache-control": "no-store", "vary": f"{VARY}, accept"}
"""Headers of a page that is not there, and may be later."""
MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


async def on_exception(request: Request, exception: Exception) -> Response:
    """The answer where an endpoint raised, or there is none."""
    answer = await problems.on_exception(request, exception)
    if answer.status_code not in MISSING or not _for_people(request):
        return answer
    if shorter := _without_slash(request):
        return elsewhere(request, shorter)
    missing = _missing(exception)
    page = await built(request, f"pages/no_{missing.lower()}.html")
    title = escape(preview.words_of(page.language)[f"noSuch{missing}"])
    headers = HEADERS | {POLICY: page.policy}
    if allow := answer.headers.get("allow"):
        headers["allow"] = allow
    document = page.document.replace(HEAD, f"<title>{title}</title>")
    return Response(document, answer.status_code, headers, media_type="text/html")


EXCEPTION_HANDLERS: Mapping[Any, ExceptionHandler] = {
    **problems.EXCEPTION_HANDLERS,
    HTTPException: on_exception,
    Problem: on_exception,
    Rejected: on_exception,
}


def _missing(exception: Exception) -> str:
    """What is not there, as the pages and their words name it."""
    match exception:
        case Rejected(code=Code.NO_SUCH_GAME):
            return "Game"
        case Problem(code=problems.NO_SUCH_PLAYER):
            return "Player"
        case _:
            return "Page"


def _for_people(request: Request) -> bool:
    """True if a browser shows the answer: browsers ask for pages, programs for JSON or anything."""
    api = any(f"{path}/".startswith(("/api/", "/ws/")) for path in _below(request))
    return not api and "text/html" in request.headers.get("accept", "").lower()


def _without_slash(request: Request) -> str | None:
    """The path of a page, where the request has it with slashes behind."""
    if request.method not in ("GET", "HEAD"):
        return None
    shorter = [path.rstrip("/") for path in _below(request) if path.endswith("/")]
    return next((path for path in shorter if _is_page(path)), None)


def _is_page(path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(route.matches(scope)[0] is Match.FULL for route in ROUTES)


def _below(request: Request) -> list[str]:
    """The path below that of the site. One that leads nowhere may have that once more in front: RootPath
    cannot know whether a proxy has taken it away."""
    settings: Settings = request.state.settings
    path: str = request.scope["path"]
    found = [path.removeprefix(settings.root_path)]
    if settings.root_path and found[0].startswith(f"{settings.root_path}/"):
        found.append(found[0].removeprefix(settings.root_path))
    return found
