"""Games over HTTP: created, joined, and their logs read, with one kept-alive connection for each caller."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import httptools
import msgspec

TIMEOUT = 20.0
"""Time limit for an answer, in seconds."""

T = TypeVar("T")


class Unreachable(Exception):
    """The server does not answer, or not in this protocol."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason

    def __reduce__(self) -> tuple[Any, ...]:
        return Unreachable, (self.url, self.reason)

    def __str__(self) -> str:
        return f"{self.url} cannot be played at: {self.reason}."


@dataclass(frozen=True, slots=True)
class Pair:
    """A game that two have joined, and their tokens."""

    game: str
    yellow: str
    red: str


class _Created(msgspec.Struct):
    game: str
    token: str


class _Joined(msgspec.Struct):
    token: str


class Site:
    """A server at `url` (http://… or https://…). Requests follow each other; a caller waits for the one
    before."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._prefix, self._name = parts.path, parts.netloc
        self._exchange: _Exchange | None = None
        self._lock = asyncio.Lock()

    async def create(self) -> Pair:
        """A game of two humans without a clock, in no list. Raises Unreachable."""
        body = {"name": "Ada", "seat": "yellow", "listed": False}
        created = await self._ask("POST", "/api/games", 201, _Created, body)
        joined = await self._ask(
            "POST", f"/api/games/{created.game}/players", 201, _Joined, {"name": "Grace"}
        )
        return Pair(created.game, created.token, joined.token)

    async def log(self, game: str) -> list[dict[str, Any]]:
        """The game's events. Raises Unreachable."""
        answer = await self._ask("GET", f"/api/games/{game}/events", 200, dict[str, Any])
        return cast(list[dict[str, Any]], answer["events"])

    def close(self) -> None:
        if self._exchange:
            self._exchange.close()

    async def _ask(self, method: str, path: str, wanted: int, type: type[T], body: object = None) -> T:
        content = b"" if body is None else msgspec.json.encode(body)
        head = (
            f"{method} {self._prefix}{path} HTTP/1.1\r\nHost: {self._name}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        try:
            async with self._lock, asyncio.timeout(TIMEOUT):
                if self._exchange is None or self._exchange.closed:
                    self._exchange = await self._connect()
                status, answer = await self._exchange.ask(head.encode() + content)
            if status != wanted:
                raise Unreachable(self.url, f"{method} {path} was answered with {status}")
            return msgspec.json.decode(answer, type=type)
        except TimeoutError:
            raise Unreachable(self.url, f"no answer within {TIMEOUT:.0f} s") from None
        except (OSError, httptools.HttpParserError) as error:
            raise Unreachable(self.url, str(error)) from None
        except (msgspec.MsgspecError, KeyError):
            raise Unreachable(self.url, f"the answer to {method} {path} is none of the protocol's") from None

    async def _connect(self) -> "_Exchange":
        context = ssl.create_default_context() if self._secure else None
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Exchange, self._host, self._port, ssl=context))[1]


class _Exchange(asyncio.Protocol):
    """One connection: a request, its whole answer, and again."""

    def __init__(self) -> None:
        self.closed = False
        self._parser: Any = None
        self._body: list[bytes] = []
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._parser, self._body = httptools.HttpResponseParser(self), []
        assert self._transport
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._end(error or ConnectionResetError("it closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.closed = True
        if self._answer and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), b"".join(self._body)))

    def _end(self, error: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
