"""The ASGI side of a WebSocket: what its application is told, and what the application says."""

import asyncio
import email.utils
import http.client
import logging
from collections import deque
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote

import uvicorn
from starlette.types import ASGIApp, Message, Scope
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

logger = logging.getLogger(__name__)

RawHeaders = list[tuple[bytes, bytes]]


class Connection(Protocol):
    """The effects of an application's messages. All but the last two raise ClientDisconnected where it is too
    late."""

    async def writable(self) -> None:
        """Return when the peer takes what is sent to it."""

    def accept(self, response: Response) -> None:
        """Answer the handshake: from now on it is a WebSocket."""

    def refuse(self, response: Response) -> None:
        """Answer the handshake, and end the connection."""

    def send(self, data: str | bytes) -> None:
        """Send a message."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame."""

    def received(self) -> None:
        """The application has taken a message out of its inbox."""

    def finished(self, failed: bool) -> None:
        """The application has returned, or failed."""


class Inbox:
    """The messages for an application, in order. One task receives them."""

    __slots__ = ("_filled", "messages")

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self._filled = asyncio.Event()

    def put(self, message: Message) -> None:
        self.messages.append(message)
        self._filled.set()

    async def get(self) -> Message:
        while not self.messages:
            self._filled.clear()
            await self._filled.wait()
        return self.messages.popleft()


class Application:
    """One run of an ASGI application, for one WebSocket. `switching` is the answer to a handshake that it
    accepts."""

    __slots__ = ("_answered", "_body", "_connection", "_default_headers", "_denial", "_inbox", "_switching")

    def __init__(
        self, connection: Connection, inbox: Inbox, switching: Response, default_headers: RawHeaders
    ) -> None:
        self._connection, self._inbox = connection, inbox
        self._switching, self._default_headers = switching, default_headers
        self._answered = False
        self._denial: Message | None = None
        self._body = b""

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Run `app` to its end. Where it fails, that is logged."""
        self._inbox.put({"type": "websocket.connect"})
        failed = True
        try:
            await app(scope, self.receive, self.send)
            failed = False
        except Exception as error:
            # Told by `send` that the peer is gone, an application may leave by that error, or by what a
            # framework makes of it.
            if not isinstance(error, ClientDisconnected) and not isinstance(
                error.__context__, ClientDisconnected
            ):
                logger.exception("WebSocket application failed")
        finally:
            self._connection.finished(failed)

    async def receive(self) -> Message:
        message = await self._inbox.get()
        self._connection.received()
        return message

    async def send(self, message: Message) -> None:
        await self._connection.writable()
        kind = message["type"]
        if self._answered:
            self._say(kind, message)
        elif self._denial is not None:
            self._go_on_denying(kind, message)
        else:
            self._answer(kind, message)

    def _answer(self, kind: str, message: Message) -> None:
        match kind:
            case "websocket.accept":
                self._accept(message.get("headers", ()), message.get("subprotocol"))
            case "websocket.close":
                self._refuse(HTTPStatus.FORBIDDEN, (), b"")
            case "websocket.http.response.start":
                self._denial = message
            case _:
                raise RuntimeError(f"{kind} does not answer a handshake")

    def _accept(self, headers: Any, subprotocol: str | None) -> None:
        self._answered = True
        answer = self._switching.headers
        del answer["Date"]  # it is among the default headers
        for name, value in (*self._default_headers, *headers):
            answer[name.decode("latin-1")] = value.decode("latin-1")
        if subprotocol:
            answer["Sec-WebSocket-Protocol"] = subprotocol
        self._connection.accept(self._switching)

    def _go_on_denying(self, kind: str, message: Message) -> None:
        if kind != "websocket.http.response.body":
            raise RuntimeError(f"{kind} is no part of an HTTP response that was begun")
        assert self._denial
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            self._refuse(self._denial["status"], self._denial.get("headers", ()), self._body)

    def _refuse(self, status: int, headers: Any, body: bytes) -> None:
        self._answered = True
        self._connection.refuse(refusal(status, body, headers))

    def _say(self, kind: str, message: Message) -> None:
        match kind:
            case "websocket.send":
                data = message.get("bytes")
                self._connection.send(message["text"] if data is None else data)
            case "websocket.close":
                self._connection.close(message.get("code", 1000), message.get("reason") or "")
            case _:
                raise RuntimeError(f"{kind} is not for a handshake that was answered")


def refusal(status: int, body: bytes, headers: RawHeaders | tuple[()] = ()) -> Response:
    """An HTTP response to a handshake, behind which the connection ends."""
    all = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
    all.setdefault("Date", email.utils.formatdate(usegmt=True))
    all.setdefault("Connection", "close")
    all.setdefault("Content-Length", str(len(body)))
    all.setdefault("Content-Type", "text/plain; charset=utf-8")
    return Response(status, http.client.responses.get(status, ""), all, body)


HANDSHAKE = frozenset(
    {
        *(b"connection", b"upgrade", b"origin", b"sec-websocket-extensions"),
        *(b"sec-websocket-key", b"sec-websocket-protocol", b"sec-websocket-version"),
    }
)
"""The headers that a handshake is about."""


def handshake(target: bytes, headers: RawHeaders) -> Request:
    """The handshake of a request that HTTP has parsed, for websockets to answer. Raises ValueError where
    `target` is not ASCII."""
    of_handshake = [
        (name.decode("ascii"), value.decode("latin-1")) for name, value in headers if name in HANDSHAKE
    ]
    return Request(target.decode("ascii"), Headers(of_handshake))


def websocket_scope(
    request: Request,
    headers: RawHeaders,
    config: uvicorn.Config,
    state: dict[str, Any],
    transport: asyncio.Transport,
) -> Scope:
    """The scope of a handshake, as the ASGI specification and uvicorn have it. `headers` are all there are,
    with names in lower case."""
    path, _, query = request.path.partition("?")
    offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol"))
    return {
        "type": "websocket",
        "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if is_ssl(transport) else "ws",
        "server": get_local_addr(transport),
        "client": get_remote_addr(transport),
        "root_path": config.root_path,
        "path": config.root_path + unquote(path),
        "raw_path": (config.root_path + path).encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": headers,
        "subprotocols": [name.strip() for name in offered.split(",") if name.strip()],
        "state": state.copy(),
        "extensions": {"websocket.http.response": {}},
    }
