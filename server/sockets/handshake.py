"""Who may open a socket: the way from a handshake to a session."""

from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.errors import TooMany
from server.services import Services
from server.serving.limits import Limits
from server.serving.websocket import WIRE
from server.settings import Settings
from server.sockets.session import Session
from server.web.security import may_open_socket
from server.wire import close
from server.wire.paths import parse_game_id, parse_version


class OpenSocket:
    """The endpoint of `/ws/games/{game}?after=VERSION`, a bare ASGI application: sessions need no more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        services: Services = socket.state.services
        settings: Settings = socket.state.settings
        limits: Limits = socket.state.limits
        if not may_open_socket(socket.headers, settings.allowed_origins):
            await _refuse(socket, HTTPStatus.FORBIDDEN, "Sockets are for this server's own pages.")
            return
        after = parse_version(socket.query_params.get("after", "0"))
        if after is None:
            await _refuse(socket, HTTPStatus.BAD_REQUEST, "`after` is a version: 0 or more.")
            return
        last = socket.query_params.get("last")
        address = socket.client.host if socket.client else None
        try:
            with limits.socket(address):
                await socket.accept()
                game = parse_game_id(socket.path_params["game"])
                if game is None:
                    await socket.close(close.NO_SUCH_GAME.code, close.NO_SUCH_GAME.reason)
                    return
                wire = scope.get("extensions", {}).get(WIRE)
                await Session(
                    receive, send, wire, services, game, after, limits.messages(address), last=last
                ).run()
        except TooMany:
            await socket.accept()
            await socket.close(close.TOO_MANY_SOCKETS.code, close.TOO_MANY_SOCKETS.reason)


async def _refuse(socket: WebSocket, status: HTTPStatus, detail: str) -> None:
    await socket.send_denial_response(PlainTextResponse(detail, status))
