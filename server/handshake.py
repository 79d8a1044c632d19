"""Who may open a socket: the way from a handshake to a session."""

from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.api import parse_game_id, parse_version
from server.connections import WIRE
from server.limits import Limits, TooMany
from server.security import may_open_socket
from server.session import FULL, NO_SUCH_GAME, Services, Session
from server.settings import Settings


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
        address = socket.client.host if socket.client else None
        try:
            with limits.socket(address):
                await socket.accept()
                game = parse_game_id(socket.path_params["game"])
                if game is None:
                    await socket.close(NO_SUCH_GAME.code, NO_SUCH_GAME.reason)
                    return
                wire = scope.get("extensions", {}).get(WIRE)
                await Session(receive, send, wire, services, game, after, limits.messages(address)).run()
        except TooMany:
            await socket.accept()
            await socket.close(FULL.code, FULL.reason)


async def _refuse(socket: WebSocket, status: HTTPStatus, detail: str) -> None:
    await socket.send_denial_response(PlainTextResponse(detail, status))
