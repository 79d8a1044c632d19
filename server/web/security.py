"""Security headers of every answer, and the answer for a page that asks whether it may open a socket."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.serving.origin_check import may_open_socket
from server.settings import Settings
from server.web.problems import json_response

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


_RAW = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_NAMES = frozenset(name for name, _ in _RAW)


class SecurityHeaders:
    """Adds HEADERS to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message["headers"]
                more = _RAW
                if not _NAMES.isdisjoint(given := {name for name, _ in own}):
                    more = [header for header in _RAW if header[0] not in given]
                message["headers"] = [*own, *more]
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _handshake(request: Request) -> Response:
    """True if a page may open sockets: a browser does not tell a page why a handshake failed."""
    settings: Settings = request.state.settings
    origin = request.query_params.get("origin", request.headers.get("origin"))
    host = request.headers.get("host", "")
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    allowed = may_open_socket(headers, settings.allowed_origins)
    return json_response({"allowed": allowed, "origin": origin, "host": host})


ROUTE = Route("/api/handshake", _handshake)
