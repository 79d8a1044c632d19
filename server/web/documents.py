"""The pages that there are: of the start, a game, the log, a player, and the standings."""

import contextlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from hashlib import blake2b
from html import escape
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.errors import StoreUnavailable
from server.game.rejected import no_such_game
from server.game.state import Game
from server.services import Services
from server.serving.limits import Rate
from server.settings import Settings
from server.web import assets, preview
from server.web.assets import PAGES
from server.web.pages import HEAD, POLICY, Page
from server.web.preview import Preview
from server.web.problems import no_such_player
from server.web.rates import spend
from server.web.site import Site, site_of
from server.web.zipped import zipped
from server.wire.paths import parse_game_id

VARY = "accept-encoding, accept-language, cookie"
HEADERS = {"cache-control": "private, no-cache", "vary": VARY}
"""Headers of a page: a browser asks each time whether it has changed, and nobody else keeps what is for one
reader."""

PICTURE = "/static/icons/preview.png"
"""The path of the picture of the site."""

LARGEST_REMEMBERED = 64
"""Cache size, in answers of up to 100 KB; the least recently used is evicted."""

About = Callable[[Mapping[str, Any]], Preview]
"""The words for a link, given the table of words in the reader's language."""


async def start(request: Request) -> Response:
    page = await built(request, "pages/start.html")
    return _respond(request, page, preview.of_site, "/", PICTURE)


async def game(request: Request) -> Response:
    """The page of a game. Its head costs no statement where the game is cached, and says less where the
    database is away: the page itself notices, and goes on when it is back."""
    services: Services = request.state.services
    named = request.path_params["game"]
    id = parse_game_id(named)
    if id is None:
        raise no_such_game()
    if named != str(id):  # another way to write it; the page takes the game from its own address
        return elsewhere(request, f"/games/{id}")
    known: Game | None = None
    with contextlib.suppress(StoreUnavailable):
        known = await services.names.reveal_game(await services.handler.glance(id))
    if known and not known.version:
        raise no_such_game()
    page = await built(request, "pages/game.html")
    if known is None:
        return _respond(request, page, preview.of_site, f"/games/{id}", None)
    picture = f"/games/{id}/board.png?version={known.version}"
    return _respond(request, page, partial(preview.of_game, known), f"/games/{id}", picture)


async def log(request: Request) -> Response:
    """The page of the log of all listed games."""
    page = await built(request, "pages/log.html")
    return _respond(request, page, partial(preview.of_page, "log"), "/log", PICTURE)


async def player(request: Request) -> Response:
    """The page of a player. Its head has no name: what others keep of it would outlive the name."""
    services: Services = request.state.services
    await spend(request, Rate.LISTS)
    named = request.path_params["player"]
    id = parse_game_id(named)
    if id is None:
        raise no_such_player()
    if named != str(id):
        return elsewhere(request, f"/players/{id}")
    with contextlib.suppress(StoreUnavailable):
        if not await services.players.get(id):
            raise no_such_player()
    page = await built(request, "pages/player.html")
    about = partial(preview.of_page, "player")
    return _respond(request, page, about, f"/players/{id}", PICTURE, _backups(request))


async def me(request: Request) -> Response:
    """The page of the player whom the browser knows the secret of."""
    page = await built(request, "pages/player.html")
    return _respond(request, page, partial(preview.of_page, "me"), "/me", PICTURE, _backups(request))


async def standings(request: Request) -> Response:
    """The page of the strongest players."""
    page = await built(request, "pages/standings.html")
    about = partial(preview.of_page, "standings")
    return _respond(request, page, about, "/standings", PICTURE)


ROUTES = [
    Route("/", start),
    Route("/games/{game}", game),
    Route("/log", log),
    Route("/players/{player}", player),
    Route("/me", me),
    Route("/standings", standings),
]


async def built(request: Request, document: str) -> Page:
    """The page of `document` for whoever asks."""
    return await PAGES.get(document, _mount(request), assets.wishes(request))


def elsewhere(request: Request, path: str) -> Response:
    """The answer that leads to `path` of this site, with the same query."""
    query = f"?{request.url.query}" if request.url.query else ""
    to = f"{_mount(request)}{path}{query}"
    return RedirectResponse(to, HTTPStatus.PERMANENT_REDIRECT, {"cache-control": "no-cache"})


def _mount(request: Request) -> str:
    """The path that the site is mounted at; a Mount of Starlette's has put its own behind it."""
    path: str = request.scope.get("app_root_path", request.scope["root_path"])
    return path


def _respond(
    request: Request, page: Page, about: About, path: str, picture: str | None, more: str = ""
) -> Response:
    """`page`, with a head that says what it is `about`. `path` is its own, `picture` that of a picture, and
    `more` are further tags.

    Who has the page is not sent it again because others would be told something else about it.
    """
    try:
        site: Site | None = site_of(request)
    except ValueError:  # it names no host, so there are no absolute addresses
        site = None
    tags = (_reach(site) if site else "") + more
    asked = request.scope["headers"]
    etag = _etag(page, tags)
    if assets.has(asked, etag):
        return _not_modified(page, etag)
    url = f"{site.url}{path}" if site else None
    shown = f"{site.url}{picture}" if site and picture else None
    return _whole(page, about(preview.words_of(page.language)), url, shown, tags, assets.takes_gzip(asked))


@lru_cache(LARGEST_REMEMBERED)
def _etag(page: Page, tags: str) -> str:
    return f'"{page.digest}{blake2b(tags.encode(), digest_size=4).hexdigest() if tags else ""}"'


@lru_cache(LARGEST_REMEMBERED)
def _not_modified(page: Page, etag: str) -> Response:
    return Response(None, HTTPStatus.NOT_MODIFIED, _headers(page, etag))


@lru_cache(LARGEST_REMEMBERED)
def _whole(
    page: Page, about: Preview, url: str | None, picture: str | None, tags: str, zips: bool
) -> Response:
    """`page` with its head, the same for all who ask for it at this address."""
    words = preview.head(about, url=url, picture=picture, language=page.language)
    headers = _headers(page, _etag(page, tags))
    before, _, behind = page.document.partition(HEAD)
    first, last = f"{before}{words}{tags}".encode(), behind.encode()
    if zips:
        body, headers = zipped(first, last), headers | {"content-encoding": "gzip"}
    else:
        body = first + last
    return Response(body, HTTPStatus.OK, headers, media_type="text/html")


def _headers(page: Page, etag: str) -> dict[str, str]:
    return HEADERS | {"etag": f"W/{etag}", POLICY: page.policy}


def _backups(request: Request) -> str:
    """A tag that tells the page for how many days a forgotten name can live on in backups, where that is
    known."""
    settings: Settings = request.state.settings
    days = settings.backup_days
    return "" if days is None else f'\n<meta name="backups" content="{days}">'


def _reach(site: Site) -> str:
    """A tag that tells the page how far its address reaches, or the address that others can use."""
    if site.in_network:
        return f'\n<meta name="network" content="{escape(site.url)}/">'
    return f'\n<meta name="reach" content="{site.reach}">' if site.reach else ""
