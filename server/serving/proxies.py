"""Clients behind proxies: who they are, and where they find this server, as proxies that are believed say."""

import logging
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from server.net.addresses import CACHE_SIZE, TrustedProxies, canonical, is_private
from server.net.origins import parse_host

logger = logging.getLogger(__name__)

FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_HOST = b"x-forwarded-host"
FORWARDED_PROTO = b"x-forwarded-proto"

MANY_CLIENTS = 3
"""Number of clients named in X-Forwarded-For from which on a private address is taken for a proxy."""
MAX_PEERS = 100
"""Number of private addresses of which the clients they name are kept; past that all are forgotten."""


class ProxyHeaders:
    """ASGI middleware that gives each request the client, the scheme and the host that a trusted proxy names.

    X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host of everybody else are passed over. A proxy that is
    not believed is warned of once: its clients share the limits of one address.
    """

    def __init__(self, app: ASGIApp, trusted: TrustedProxies) -> None:
        self._app, self._trusted = app, trusted
        self._trusts = lru_cache(maxsize=CACHE_SIZE)(trusted.__contains__)
        self._named: dict[str | None, set[bytes]] | None = {}
        """Private address → clients that it named; None once a proxy was warned of."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self._apply(scope)
        await self._app(scope, receive, send)

    def _apply(self, scope: Scope) -> None:
        peer: str | None = None
        if scope["client"]:
            host, port = scope["client"]
            peer = canonical(host)
            scope["client"] = peer, port
        if self._trusts(peer):
            self._believe(scope)
        elif self._named is not None and (named := _header(scope, FORWARDED_FOR)) and is_private(peer):
            self._notice(peer, named)

    def _believe(self, scope: Scope) -> None:
        if client := self._trusted.client(_header(scope, FORWARDED_FOR).decode("latin-1")):
            scope["client"] = client, 0
        scheme = _first(_header(scope, FORWARDED_PROTO)).lower()
        if scheme in (b"http", b"https"):
            secure = scheme == b"https"
            scope["scheme"] = {"http": "http", "websocket": "ws"}[scope["type"]] + "s" * secure
        host = _first(_header(scope, FORWARDED_HOST))
        if host and _is_host(host):
            scope["headers"] = [*(it for it in scope["headers"] if it[0] != b"host"), (b"host", host)]

    def _notice(self, peer: str | None, named: bytes) -> None:
        assert self._named is not None
        if len(self._named) >= MAX_PEERS and peer not in self._named:
            self._named.clear()
        clients = self._named.setdefault(peer, set())
        clients.add(_first(named))
        if len(clients) >= MANY_CLIENTS:
            self._named = None
            logger.warning(
                "proxy not believed: its clients share one address; name it in FORWARDED_ALLOW_IPS",
                extra={"address": peer, "setting": "FORWARDED_ALLOW_IPS"},
            )


def _header(scope: Scope, name: bytes) -> bytes:
    """The values of a header, joined by commas; empty where it is not there."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return b",".join([value for key, value in headers if key == name])


def _first(values: bytes) -> bytes:
    return values.partition(b",")[0].strip()


def _is_host(host: bytes) -> bool:
    try:
        parse_host(host.decode("latin-1"))
    except ValueError:
        return False
    return True
