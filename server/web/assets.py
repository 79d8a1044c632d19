"""Builds the pages, and serves the files of `static`."""

import gzip
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Any, NamedTuple

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.web import pages
from server.web.folder import Folder
from server.web.minify import minify
from server.web.pages import Page

STATIC = Path(__file__).parents[2] / "static"
RawHeaders = list[tuple[bytes, bytes]]
"""Headers with names in lower case."""
Fixed = tuple[tuple[str, str], ...]
"""Headers that are the same in each answer."""
REVALIDATED: Fixed = (("cache-control", "no-cache"), ("vary", "accept-encoding"))
"""Headers of what may change under its address: a browser asks each time whether it has."""
IMMUTABLE: Fixed = (("cache-control", "public, max-age=31536000, immutable"), ("vary", "accept-encoding"))
"""Headers of what has its content's hash in its address."""
LARGEST_REMEMBERED = 256
"""Cache size, in answers; the least recently used is evicted."""

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

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._state: int | None = None
        self._languages: list[str] = []
        self._built: dict[tuple[str, str, str], Page] = {}
        self.files: dict[str, bytes] = {}
        """Whatever the pages name by a hash, those of earlier builds too, which may be open."""

    async def get(self, document: str, mount: str, wishes: Iterable[str] = ()) -> Page:
        """The page as a server mounted at `mount` sends it, in the first language of `wishes` that there is.

        Raises LinkError.
        """
        root, run = self.folder.root, anyio.to_thread.run_sync
        if (state := await self.folder.look()) != self._state:
            self._languages = await run(pages.languages, root)
            self._state, self._built = state, {}
        language = next((wish for wish in wishes if wish in self._languages), "en")
        key, built = (document, mount, language), self._built
        if key not in built:
            built[key] = await run(pages.build, root, document, mount, language)
            self.files |= built[key].files
        return built[key]


class Assets(StaticFiles):
    """The files of a folder, and what its pages name by a hash, gzipped for whoever takes that.

    An entity tag is made of what is sent, and so is the same on every server behind a load balancer.
    """

    def __init__(self, folder: Folder, hashed: dict[str, bytes] | None = None) -> None:
        super().__init__(directory=folder.root)
        self._folder, self._root = folder, os.path.realpath(folder.root)
        self._state: int | None = None
        self._read: dict[str, bytes] = {}
        """The files that were asked for since one has changed, by their paths."""
        self._hashed = {} if hashed is None else hashed

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path in self._hashed and scope["method"] in ("GET", "HEAD"):
            return respond(scope, self._hashed[path], path, IMMUTABLE)
        if (state := await self._folder.look()) != self._state:
            self._state, self._read = state, {}
        if path in self._read and scope["method"] in ("GET", "HEAD"):
            return respond(scope, self._read[path], path, REVALIDATED)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        body = Path(full_path).read_bytes()
        if str(full_path).endswith(".js"):
            body = minify(body.decode()).encode()
        path = os.path.relpath(full_path, self._root)
        self._read[path] = body
        return respond(scope, body, path, REVALIDATED)


class _Kept(NamedTuple):
    """The answers that there are to a question for one file."""

    etag: str
    whole: Response
    not_modified: Response


def takes_gzip(headers: RawHeaders) -> bool:
    """True if whoever asks with these headers takes gzip."""
    return _takes_gzip(b", ".join([value for name, value in headers if name == b"accept-encoding"]))


def has(headers: RawHeaders, etag: str) -> bool:
    """True if whoever asks with these headers has what has this entity tag, which is quoted."""
    tags = b",".join([value for name, value in headers if name == b"if-none-match"])
    return bool(tags) and not {etag, "*"}.isdisjoint(_tags(tags.decode("latin-1")))


def _tags(named: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in named.split(",")]


def respond(scope: Scope, body: bytes, path: str, headers: Fixed) -> Response:
    """`body`, whose type `path` tells, for whoever asked: 304 where they have it, and gzipped or not."""
    asked = scope["headers"]
    kept = _kept(body, path, headers, not path.endswith(COMPRESSED) and takes_gzip(asked))
    return kept.not_modified if has(asked, kept.etag) else kept.whole


@lru_cache(LARGEST_REMEMBERED)
def _kept(body: bytes, path: str, headers: Fixed, zipped: bool) -> _Kept:
    """The answers with `body`, which are the same for all who ask."""
    sent = gzip.compress(body, mtime=0) if zipped else body
    etag = f'"{blake2b(sent, digest_size=12).hexdigest()}"'
    tagged = {**dict(headers), "etag": etag}
    whole = tagged | ({"content-encoding": "gzip"} if zipped else {})
    return _Kept(
        etag,
        Response(sent, HTTPStatus.OK, whole, guess_type(path)[0] or "text/plain"),
        Response(None, HTTPStatus.NOT_MODIFIED, tagged),
    )


@lru_cache(LARGEST_REMEMBERED)
def _takes_gzip(accepted: bytes) -> bool:
    return bool(GZIP.search(accepted.decode("latin-1")))


def wishes(request: Request) -> Iterator[str]:
    """The languages that a browser wants, the one that was chosen on a page first, by their codes."""
    yield request.cookies.get(LANGUAGE, "")
    wanted = WANTED.findall(request.headers.get("accept-language", ""))
    yield from (code.lower() for code, _ in sorted(wanted, key=lambda wish: -float(wish[1] or 1)))


_FOLDER = Folder(STATIC)
PAGES = Pages(_FOLDER)
ASSETS = Assets(_FOLDER, PAGES.files)


def _icon(name: str) -> Route:
    """Where browsers look for an icon without being told to."""

    async def icon(request: Request) -> Response:
        return await ASSETS.get_response(f"icons/{name}", request.scope)

    return Route(f"/{name}", icon)


ROUTES: list[BaseRoute] = [Mount("/static", ASSETS), *map(_icon, ("favicon.ico", "apple-touch-icon.png"))]
