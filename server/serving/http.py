"""uvicorn's HTTP connection, with bounds on the time and the size of a request, and one kind of upgrade.

uvicorn alone waits for ever for a request's first byte, and takes headers and requests as fast as they come.
"""

import asyncio
from typing import Any, cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.metrics import LIMIT_HITS, PASSED_ON
from server.serving import descriptors
from server.serving.exchange import Exchange
from server.serving.homes import Homes
from server.serving.websocket import WebSocketConnection
from server.settings import Settings

REQUEST_TIMEOUT = 8.0
"""The longest that a request may take to come to its end, from the connection or its first byte on, in
seconds."""
REQUEST_SIZE = 16 * 1024
"""The size of the largest request, with all that comes before it is answered, in bytes: a body has 4 KiB at
most, and the rest is for cookies and whatever else a proxy passes on."""
MAX_HEADERS = 128
"""The most headers that a request may have: each takes far more than its bytes. websockets takes as many."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


DEFAULT = Settings()
"""The settings of an application that has none of its own."""


class StopParsing(Exception):
    """Nothing more of what came is wanted."""


class HttpConnection(HttpToolsProtocol):
    """An HTTP connection whose requests, bodies included, must come to their end in time, and one by one.

    It upgrades to a WebSocket, by a handshake as in RFC 6455 (section 4.1), and to nothing else. Who asks for
    another upgrade is answered as if it had not asked, which is a server's choice (RFC 9110, section 7.8).
    """

    _homes: Homes | None = None
    """The workers of this machine, where there are several."""
    _deadline: asyncio.TimerHandle | None = None
    _size = _headers = 0
    """The size of the request so far, in bytes, and the number of its headers."""
    _last = False
    """True if no request is taken after the one that is being answered."""
    _handshake = False
    """True if the request is a WebSocket handshake."""
    _passed_over = False
    """True if the request asks for an upgrade that it does not get. The parser expects another protocol then,
    and no body."""

    def __init__(self, *args: Any, received: bytes = b"", **options: Any) -> None:
        """`received` is what another worker read before it passed this connection on."""
        super().__init__(*args, **options)
        self._received = received

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        homes: Homes | None = self.app_state.get("homes")
        if homes and homes.are_several:
            self._homes = homes
        if descriptors.are_scarce(transport, self.app_state.get("settings", DEFAULT)):
            self._refuse()
        else:
            self._expect_request()

    def begin(self) -> None:
        """Take in what another worker read, if nothing has come since."""
        if self._received and not self.transport.is_closing():
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        if self._received:
            data, self._received = self._received + data, b""
        elif self._homes and self._pass_on(data):
            return
        # Whatever comes counts as the beginning of a request: an empty line between two would otherwise end
        # the wait for the next one, and begin no other.
        if not self._answering:
            self._expect_request()
        self._size += len(data)
        if self._size > REQUEST_SIZE:
            self._end_too_large()
        elif not self._last:
            self._unset_keepalive_if_required()
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as upgrade:
            [parsed] = upgrade.args
            if self._handshake:
                self.handle_websocket_upgrade()
                if rest := data[parsed:]:
                    self.transport.get_protocol().data_received(rest)  # type: ignore[attr-defined]
            elif self._passed_over:  # begin again, without the question
                head = self._head_without_upgrade()
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
                self._parse(head + data[parsed:])

    def on_message_begin(self) -> None:
        if self._answering:
            # Who sends requests without waiting finds out which were answered (RFC 9112, section 9.3.2).
            self._last = True
            self.cycle.keep_alive = False
            raise StopParsing
        self.cycle = None  # type: ignore[assignment]  # until its head is whole
        self._headers = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._headers += 1
        if self._headers > MAX_HEADERS:
            self._end_too_large()
            raise StopParsing

    def on_headers_complete(self) -> None:
        method = self.parser.get_method()
        upgrades = self.parser.should_upgrade() and method != b"CONNECT"
        to: list[bytes] = []
        has_body = False
        for name, value in self.headers:
            if name == b"upgrade":
                to.append(value.lower())
            elif name == b"transfer-encoding" or (name == b"content-length" and int(value) != 0):
                has_body = True
        is_http_1_1 = self.parser.get_http_version() == "1.1"
        self._handshake = upgrades and method == b"GET" and to == [b"websocket"] and is_http_1_1
        self._passed_over = upgrades and not self._handshake
        if self._handshake and has_body:
            self.send_400_response("A WebSocket handshake has no body.")
            raise StopParsing
        if not upgrades:
            self._take_request(method.decode("ascii"))

    def _take_request(self, method: str) -> None:
        """Let the application answer, as uvicorn does, but by an Exchange."""
        url, version = httptools.parse_url(self.url), self.parser.get_http_version()
        path = url.path.decode("ascii")
        self.scope["http_version"] = version
        self.scope["method"] = method
        self.scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        self.scope["raw_path"] = self.root_path.encode("ascii") + url.path
        self.scope["query_string"] = url.query or b""
        self.cycle = Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def on_message_complete(self) -> None:
        if not self._passed_over:
            self._end_expecting()
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not (self._last or self.transport.is_closing()):  # else the parser was stopped here, on purpose
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self._end_expecting()
        self.connections.discard(self)
        websocket = cast(
            WebSocketConnection,
            self.ws_protocol_class(  # type: ignore[call-arg, misc]
                config=self.config, server_state=self.server_state
            ),
        )
        websocket.connection_made(self.transport)
        websocket.shake_hands(self.url, cast(Scope, self.scope))
        self.transport.set_protocol(websocket)
        # Each holds the other, and nobody needs either any more: it is not left to the garbage collector.
        self.parser = None  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_expecting()
        super().connection_lost(exc)

    def _pass_on(self, data: bytes) -> bool:
        """Pass this connection on if `data` begins the handshake of a WebSocket to a game that is at home at
        another worker. A first line that comes in pieces is not waited for."""
        assert self._homes
        if self._answering or (self._deadline and self._size) or self.transport.get_write_buffer_size():
            return False
        if not self._homes.pass_on(data, self.transport.get_extra_info("socket").fileno()):
            return False
        self.app_state["services"].metrics.counts[PASSED_ON] += 1
        self.transport.close()
        return True

    def _refuse(self) -> None:
        self.app_state["services"].metrics.counts[LIMIT_HITS["open_files"]] += 1
        self.transport.write(descriptors.BUSY)
        self.transport.close()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _should_upgrade(self) -> bool:
        return self._handshake  # where uvicorn asks

    def _head_without_upgrade(self) -> bytes:
        """The head of the request as it came, but for its `Upgrade` headers."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _end_too_large(self) -> None:
        if self.cycle is None:
            self.transport.write(TOO_LARGE)
            self.transport.close()
        else:  # there is an answer already, or will be
            self.transport.abort()

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._size = 0
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self.transport.abort)

    def _end_expecting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
