"""WebSocket handshakes: who may open a socket, and the session that begins then."""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from math import ceil
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.errors import TooMany, TooOften
from server.game.events import GameId
from server.metrics import LIMIT_HITS, ORIGINS_REFUSED
from server.services import Services
from server.serving.limits import Limits, Rate
from server.serving.origin_check import RefusedOrigins, may_open_socket
from server.serving.rate_limit import TokenBucket
from server.serving.websocket import WIRE
from server.settings import Settings
from server.sockets.lobby import LobbySession
from server.sockets.session import Resume, Session
from server.sockets.writer import Wire
from server.wire import close
from server.wire.paths import parse_game_id, parse_version

CRC = re.compile("[0-9]{1,10}")
"""A CRC-32, in decimal digits."""
QUERIES = 64
"""Cache size, in queries: nearly all who come ask for a game from its beginning, in the same words."""
ACCEPT = {"type": "websocket.accept"}
OpenSession = Callable[[Receive, Send, Wire | None, Services, GameId, Resume, TokenBucket | None], Session]
"""Makes a session, as `Session` itself does."""
Serve = Callable[[Receive, Send, Wire | None, TokenBucket | None], Awaitable[None]]
"""Serves an accepted socket until it is closed. The bucket limits its messages, if there is one."""


class Handshake(ABC):
    """The endpoint of a socket, a bare ASGI application: sessions need no more."""

    def __init__(self) -> None:
        self._refused_origins = RefusedOrigins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["state"]
        services: Services = state["services"]
        settings: Settings = state["settings"]
        limits: Limits = state["limits"]
        counts = services.metrics.counts
        address = scope["client"][0] if scope["client"] else None
        try:
            await limits.spend(Rate.HANDSHAKES, address)
        except TooOften as refusal:
            counts[LIMIT_HITS["handshakes_per_minute"]] += 1
            refused = (
                HTTPStatus.TOO_MANY_REQUESTS,
                str(refusal),
                {"retry-after": str(ceil(refusal.retry_after))},
            )
            await _refuse(scope, receive, send, *refused)
            return
        headers = Headers(scope=scope)
        if not may_open_socket(headers, settings.allowed_origins):
            self._refused_origins.log(headers)
            counts[ORIGINS_REFUSED] += 1
            refused = HTTPStatus.FORBIDDEN, "Sockets are for this server's own pages.", {}
            await _refuse(scope, receive, send, *refused)
            return
        try:
            serve = self._session(scope, services)
        except ValueError as error:
            await _refuse(scope, receive, send, HTTPStatus.BAD_REQUEST, str(error), {})
            return
        await receive()  # that somebody connects
        try:
            async with limits.socket(address):
                await send(ACCEPT)
                wire = scope.get("extensions", {}).get(WIRE)
                await serve(receive, send, wire, limits.messages(address))
        except TooMany as refusal:
            counts[LIMIT_HITS[refusal.limit]] += 1
            await send(ACCEPT)
            await _close(services, send, close.TOO_MANY_SOCKETS)

    @abstractmethod
    def _session(self, scope: Scope, services: Services) -> Serve:
        """Serves the socket once it is accepted. Raises ValueError for a query that means nothing."""


class OpenSocket(Handshake):
    """The endpoint of `/ws/games/{game}?after=VERSION`.

    `open_session` makes the session of a socket that may be opened.
    """

    def __init__(self, open_session: OpenSession = Session) -> None:
        super().__init__()
        self._open_session = open_session

    def _session(self, scope: Scope, services: Services) -> Serve:
        query = _query(scope["query_string"])
        after = parse_version(query.get("after", "0"))
        if after is None:
            raise ValueError("`after` is a version: 0 or more.")
        history = query.get("history")
        if history is not None and not CRC.fullmatch(history):
            raise ValueError("`history` is a CRC-32: a number below 2^32.")
        resume = Resume(after, query.get("last"), None if history is None else int(history))
        game = parse_game_id(scope["path_params"]["game"])

        async def serve(receive: Receive, send: Send, wire: Wire | None, rate: TokenBucket | None) -> None:
            if game is None:
                await _close(services, send, close.NO_SUCH_GAME)
                return
            await self._open_session(receive, send, wire, services, game, resume, rate).run()

        return serve


class OpenLobby(Handshake):
    """The endpoint of `/ws/lobby`, and of `/ws/lobby?only=forgotten`."""

    def _session(self, scope: Scope, services: Services) -> Serve:
        only = _query(scope["query_string"]).get("only")
        if only not in (None, "forgotten"):
            raise ValueError("`only` is `forgotten`, or left out.")

        async def serve(receive: Receive, send: Send, wire: Wire | None, rate: TokenBucket | None) -> None:
            await LobbySession(receive, send, wire, services, rate, only is not None).run()

        return serve


@lru_cache(QUERIES)
def _query(text: bytes) -> Mapping[str, str]:
    return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True))


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: HTTPStatus, detail: str, headers: dict[str, str]
) -> None:
    await WebSocket(scope, receive, send).send_denial_response(PlainTextResponse(detail, status, headers))


async def _close(services: Services, send: Send, why: close.Close) -> None:
    services.metrics.count_close(why.code)
    await send({"type": "websocket.close", "code": why.code, "reason": why.reason})
