"""Serves the pages, and the files of `static`."""

import gzip
import re
from functools import lru_cache
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import anyio.to_thread
from rjsmin import jsmin
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from server.web import pages
from server.web.pages import POLICY, Page

STATIC = Path(__file__).parents[2] / "static"
REVALIDATED = {"cache-control": "no-cache", "vary": "accept-encoding"}
"""Headers of what may change under its address: a browser asks each time whether it has."""
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
"""Headers of what has its content's hash in its address."""
LARGEST_REMEMBERED = 256
"""Cache size, in files; the least recently used is evicted."""

GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""Says that gzip is taken, in a list of encodings (RFC 9110, section 12.5.3)."""


class Pages:
    """The pages of a folder, built when they are first asked for and again when a file has changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._built: dict[tuple[str, str], tuple[int, Page]] = {}
        self.files: dict[str, bytes] = {}
        """Whatever the pages name by a hash, those of earlier builds too, which may be open."""

    async def get(self, document: str, mount: str) -> Page:
        """The page as it is to be sent by a server mounted at `mount`. Raises LinkError."""
        return await anyio.to_thread.run_sync(self._get, document, mount)

    def _get(self, document: str, mount: str) -> Page:
        changed = hash(tuple((path, path.stat().st_mtime_ns) for path in sorted(self.root.rglob("*"))))
        at, page = self._built.get((document, mount), (None, None))
        if page is None or at != changed:
            page = pages.build(self.root, document, mount)
            self._built[document, mount] = changed, page
            self.files |= page.files
        return page


class Assets(StaticFiles):
    """The files of `static`, and what its pages name by a hash, gzipped for whoever takes that.

    An entity tag is made of what is sent, and so is the same on every server behind a load balancer.
    """

    def __init__(self, directory: Path, hashed: dict[str, bytes] | None = None) -> None:
        super().__init__(directory=directory)
        self._hashed = {} if hashed is None else hashed

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path in self._hashed:
            return respond(scope, self._hashed[path], path, IMMUTABLE)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        body = _source(str(full_path), stat_result.st_mtime_ns, stat_result.st_size)
        return respond(scope, body, str(full_path), REVALIDATED, status_code)


def respond(scope: Scope, body: bytes, path: str, headers: dict[str, str], status: int = 200) -> Response:
    """`body`, whose type `path` tells, for whoever asked: 304 where they have it, and gzipped or not."""
    asked = Headers(scope=scope)
    zipped = bool(GZIP.search(", ".join(asked.getlist("accept-encoding"))))
    sent, etag = _encoded(body, zipped)
    headers = headers | {"etag": etag} | ({"content-encoding": "gzip"} if zipped else {})
    response = Response(sent, status, headers, guess_type(path)[0] or "text/plain")
    if ASSETS.is_not_modified(response.headers, asked):
        response = NotModifiedResponse(response.headers)
        if POLICY in headers:  # a browser puts the headers of a 304 into what it has
            response.headers[POLICY] = headers[POLICY]
    return response


@lru_cache(LARGEST_REMEMBERED)
def _source(path: str, changed: int, size: int) -> bytes:
    """The file that was `changed` then, in ns, and had this size; a script without its comments."""
    body = Path(path).read_bytes()
    return jsmin(body.decode()).encode() if path.endswith(".js") else body


@lru_cache(LARGEST_REMEMBERED)
def _encoded(body: bytes, zipped: bool) -> tuple[bytes, str]:
    """What is sent of `body`, and its entity tag."""
    sent = gzip.compress(body, mtime=0) if zipped else body
    return sent, f'"{blake2b(sent, digest_size=12).hexdigest()}"'


PAGES = Pages(STATIC)
ASSETS = Assets(STATIC, PAGES.files)


def _page(path: str, name: str) -> Route:
    async def page(request: Request) -> Response:
        built = await PAGES.get(name, request.scope.get("root_path", ""))
        return respond(request.scope, built.document.encode(), name, REVALIDATED | {POLICY: built.policy})

    return Route(path, page)


ROUTES: list[BaseRoute] = [
    _page("/", "pages/start.html"),
    _page("/games/{game}", "pages/game.html"),
    Mount("/static", ASSETS),
]
