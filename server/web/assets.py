"""The pages and their parts, sent as small as they can be. The sources stay as they are; nothing is built."""

import gzip
import re
from functools import lru_cache
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from rjsmin import jsmin
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parents[2] / "static"
HEADERS = {"cache-control": "no-cache", "vary": "accept-encoding"}
"""A page and its parts are asked for anew each time, and answered 304 where nothing has changed."""

GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""Says that gzip is taken, in a list of encodings (RFC 9110, section 12.5.3)."""


class Assets(StaticFiles):
    """The files of `static`: JavaScript without its comments, and all of it gzipped for whoever takes that.

    What a file has become is kept until the file changes. Its entity tag is made of that, and so is the same
    on every server behind a load balancer.
    """

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        zipped = bool(GZIP.search(", ".join(asked.getlist("accept-encoding"))))
        body, etag = _prepared(str(full_path), stat_result.st_mtime_ns, stat_result.st_size, zipped)
        encoding = {"content-encoding": "gzip"} if zipped else {}
        response = Response(
            body, status_code, HEADERS | encoding | {"etag": etag}, guess_type(full_path)[0] or "text/plain"
        )
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response


@lru_cache(maxsize=256)
def _prepared(path: str, changed: int, size: int, zipped: bool) -> tuple[bytes, str]:
    """What is sent of the file that was `changed` then, in ns, and had this size, and its entity tag."""
    body = Path(path).read_bytes()
    if path.endswith(".js"):
        body = jsmin(body.decode()).encode()
    if zipped:
        body = gzip.compress(body, mtime=0)
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


ASSETS = Assets(directory=STATIC)


def _page(path: str, name: str) -> Route:
    async def page(request: Request) -> Response:
        return await ASSETS.get_response(name, request.scope)

    return Route(path, page)


ROUTES: list[BaseRoute] = [
    _page("/", "pages/start.html"),
    _page("/games/{game}", "pages/game.html"),
    Mount("/static", ASSETS),
]
