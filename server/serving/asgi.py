"""The ASGI side of a WebSocket: what its application is told, and what the application says."""

import asyncio
import logging
from collections import deque
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope
from uvicorn.protocols.utils import ClientDisconnected

from server.serving.handshake import RawHeaders, refusal, whole

logger = logging.getLogger(__name__)


class Connection(Protocol):
    """The effects of an application's messages. All but the last two raise ClientDisconnected where it is too
    late."""

    async def writable(self) -> None:
        """Return when the peer takes what is sent to it."""

    def accept(self, response: bytes) -> None:
        """Answer the handshake: from now on it is a WebSocket."""

    def refuse(self, response: bytes) -> None:
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

    __slots__ = ("_loop", "_waiter", "messages")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.messages: deque[Message] = deque()
        self._waiter: asyncio.Future[None] | None = None
        """Ended when there is a message, where the application waits for one."""

    def put(self, message: Message) -> None:
        self.messages.append(message)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> Message:
        while not self.messages:
            self._waiter = self._loop.create_future()
            await self._waiter
        return self.messages.popleft()


class Application:
    """One run of an ASGI application, for one WebSocket. With `accepting` begins the answer to a handshake
    that it accepts."""

    __slots__ = ("_accepting", "_answered", "_body", "_connection", "_default_headers", "_denial", "_inbox")

    def __init__(
        self, connection: Connection, inbox: Inbox, accepting: bytes, default_headers: RawHeaders
    ) -> None:
        self._connection, self._inbox = connection, inbox
        self._accepting, self._default_headers = accepting, default_headers
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
        more = [(b"Sec-WebSocket-Protocol", subprotocol.encode("latin-1"))] if subprotocol else []
        self._connection.accept(whole(self._accepting, [*self._default_headers, *headers, *more]))

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


def websocket_scope(target: bytes, http: Scope) -> Scope:
    """The scope of a handshake, as the ASGI specification and uvicorn have it, made of that of the request.
    Raises ValueError where `target` is not ASCII."""
    raw_path, _, query = target.partition(b"?")
    path = raw_path.decode("ascii")
    offered = [value for name, value in http["headers"] if name == b"sec-websocket-protocol"]
    return {
        **http,
        "type": "websocket",
        "asgi": {**http["asgi"], "spec_version": "2.4"},
        "scheme": "wss" if http["scheme"] == "https" else "ws",
        "path": http["root_path"] + (unquote(path) if "%" in path else path),
        "raw_path": http["root_path"].encode("ascii") + raw_path,
        "query_string": query,
        "subprotocols": _names(b",".join(offered).decode("latin-1")) if offered else [],
        "extensions": {"websocket.http.response": {}},
    }


def _names(listed: str) -> list[str]:
    return [name for name in map(str.strip, listed.split(",")) if name]
