"""Builds the pages, and serves the files of `static`."""

import gzip
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from server.web import pages
from server.web.minify import minify
from server.web.pages import Page

STATIC = Path(__file__).parents[2] / "static"
REVALIDATED = {"cache-control": "no-cache", "vary": "accept-encoding"}
"""Headers of what may change under its address: a browser asks each time whether it has."""
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
"""Headers of what has its content's hash in its address."""
LARGEST_REMEMBERED = 256
"""Cache size, in files; the least recently used is evicted."""

COMPRESSED = (".png", ".ico")
"""Endings of files that gzip makes no smaller."""

LANGUAGE = "connect4_language"
"""Cookie with the language that was chosen, see static/words/text.js."""
WANTED = re.compile(r"\b([a-z]{2})\b(?:-[\w-]+)?(?:\s*;\s*q=([01](?:\.\d{1,3})?))?", re.IGNORECASE)
"""A language and its weight in a list of them (RFC 9110, section 12.5.4)."""
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""Says that gzip is taken, in a list of encodings (RFC 9110, section 12.5.3)."""


class Pages:
    """The pages of a folder, built when they are first asked for and again when a file has changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._built: dict[tuple[str, str, str], tuple[int, Page]] = {}
        self.files: dict[str, bytes] = {}
        """Whatever the pages name by a hash, those of earlier builds too, which may be open."""

    async def get(self, document: str, mount: str, wishes: Iterable[str] = ()) -> Page:
        """The page as a server mounted at `mount` sends it, in the first language of `wishes` that there is.

        Raises LinkError.
        """
        return await anyio.to_thread.run_sync(self._get, document, mount, tuple(wishes))

    def _get(self, document: str, mount: str, wishes: tuple[str, ...]) -> Page:
        there = pages.languages(self.root)
        language = next((wish for wish in wishes if wish in there), "en")
        changed = hash(tuple((path, path.stat().st_mtime_ns) for path in sorted(self.root.rglob("*"))))
        at, page = self._built.get((document, mount, language), (None, None))
        if page is None or at != changed:
            page = pages.build(self.root, document, mount, language)
            self._built[document, mount, language] = changed, page
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


def takes_gzip(asked: Headers) -> bool:
    return bool(GZIP.search(", ".join(asked.getlist("accept-encoding"))))


def respond(scope: Scope, body: bytes, path: str, headers: dict[str, str], status: int = 200) -> Response:
    """`body`, whose type `path` tells, for whoever asked: 304 where they have it, and gzipped or not."""
    asked = Headers(scope=scope)
    zipped = takes_gzip(asked) and not path.endswith(COMPRESSED)
    sent, etag = _encoded(body, zipped)
    headers = headers | {"etag": etag} | ({"content-encoding": "gzip"} if zipped else {})
    response = Response(sent, status, headers, guess_type(path)[0] or "text/plain")
    if ASSETS.is_not_modified(response.headers, asked):
        response = NotModifiedResponse(response.headers)
    return response


@lru_cache(LARGEST_REMEMBERED)
def _source(path: str, changed: int, size: int) -> bytes:
    """The file that was `changed` then, in ns, and had this size; a script is minified."""
    body = Path(path).read_bytes()
    return minify(body.decode()).encode() if path.endswith(".js") else body


@lru_cache(LARGEST_REMEMBERED)
def _encoded(body: bytes, zipped: bool) -> tuple[bytes, str]:
    """The bytes that are sent for `body`, and their entity tag."""
    sent = gzip.compress(body, mtime=0) if zipped else body
    return sent, f'"{blake2b(sent, digest_size=12).hexdigest()}"'


def wishes(request: Request) -> Iterator[str]:
    """The languages that a browser wants, the one that was chosen on a page first, by their codes."""
    yield request.cookies.get(LANGUAGE, "")
    wanted = WANTED.findall(request.headers.get("accept-language", ""))
    yield from (code.lower() for code, _ in sorted(wanted, key=lambda wish: -float(wish[1] or 1)))


PAGES = Pages(STATIC)
ASSETS = Assets(STATIC, PAGES.files)


def _icon(name: str) -> Route:
    """Where browsers look for an icon without being told to."""

    async def icon(request: Request) -> Response:
        return await ASSETS.get_response(f"icons/{name}", request.scope)

    return Route(f"/{name}", icon)


ROUTES: list[BaseRoute] = [Mount("/static", ASSETS), *map(_icon, ("favicon.ico", "apple-touch-icon.png"))]
