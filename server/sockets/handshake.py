"""WebSocket handshakes: who may open a socket, and the session that begins then."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from math import ceil

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
OpenSession = Callable[[Receive, Send, Wire | None, Services, GameId, Resume, TokenBucket | None], Session]
"""Makes a session, as `Session` itself does."""
Serve = Callable[[Receive, Send, Wire | None, TokenBucket | None], Awaitable[None]]
"""Serves an accepted socket until it is closed. The bucket limits its messages, if there is one."""


class Handshake:
    """The endpoint of a socket, a bare ASGI application: sessions need no more."""

    def __init__(self) -> None:
        self._refused_origins = RefusedOrigins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        services: Services = socket.state.services
        settings: Settings = socket.state.settings
        limits: Limits = socket.state.limits
        counts = services.metrics.counts
        address = socket.client.host if socket.client else None
        try:
            await limits.spend(Rate.HANDSHAKES, address)
        except TooOften as refusal:
            counts[LIMIT_HITS["handshakes_per_minute"]] += 1
            retry_after = str(ceil(refusal.retry_after))
            await _refuse(socket, HTTPStatus.TOO_MANY_REQUESTS, str(refusal), {"retry-after": retry_after})
            return
        if not may_open_socket(socket.headers, settings.allowed_origins):
            self._refused_origins.log(socket.headers)
            counts[ORIGINS_REFUSED] += 1
            await _refuse(socket, HTTPStatus.FORBIDDEN, "Sockets are for this server's own pages.")
            return
        try:
            serve = self._session(socket, services)
        except ValueError as error:
            await _refuse(socket, HTTPStatus.BAD_REQUEST, str(error))
            return
        try:
            async with limits.socket(address):
                await socket.accept()
                wire = scope.get("extensions", {}).get(WIRE)
                await serve(receive, send, wire, limits.messages(address))
        except TooMany as refusal:
            counts[LIMIT_HITS[refusal.limit]] += 1
            services.metrics.count_close(close.TOO_MANY_SOCKETS.code)
            await socket.accept()
            await socket.close(close.TOO_MANY_SOCKETS.code, close.TOO_MANY_SOCKETS.reason)

    def _session(self, socket: WebSocket, services: Services) -> Serve:
        """Serves the socket once it is accepted. Raises ValueError for a query that means nothing."""
        raise NotImplementedError


class OpenSocket(Handshake):
    """The endpoint of `/ws/games/{game}?after=VERSION`.

    `open_session` makes the session of a socket that may be opened.
    """

    def __init__(self, open_session: OpenSession = Session) -> None:
        super().__init__()
        self._open_session = open_session

    def _session(self, socket: WebSocket, services: Services) -> Serve:
        after = parse_version(socket.query_params.get("after", "0"))
        if after is None:
            raise ValueError("`after` is a version: 0 or more.")
        history = socket.query_params.get("history")
        if history is not None and not CRC.fullmatch(history):
            raise ValueError("`history` is a CRC-32: a number below 2^32.")
        resume = Resume(after, socket.query_params.get("last"), None if history is None else int(history))
        game = parse_game_id(socket.path_params["game"])

        async def serve(receive: Receive, send: Send, wire: Wire | None, rate: TokenBucket | None) -> None:
            if game is None:
                services.metrics.count_close(close.NO_SUCH_GAME.code)
                await socket.close(close.NO_SUCH_GAME.code, close.NO_SUCH_GAME.reason)
                return
            await self._open_session(receive, send, wire, services, game, resume, rate).run()

        return serve


class OpenLobby(Handshake):
    """The endpoint of `/ws/lobby`, and of `/ws/lobby?only=forgotten`."""

    def _session(self, socket: WebSocket, services: Services) -> Serve:
        only = socket.query_params.get("only")
        if only not in (None, "forgotten"):
            raise ValueError("`only` is `forgotten`, or left out.")

        async def serve(receive: Receive, send: Send, wire: Wire | None, rate: TokenBucket | None) -> None:
            await LobbySession(receive, send, wire, services, rate, only is not None).run()

        return serve


async def _refuse(
    socket: WebSocket, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None
) -> None:
    await socket.send_denial_response(PlainTextResponse(detail, status, headers))
