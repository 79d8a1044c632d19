"""uvicorn's HTTP connection, made to end: one that never asks, or never stops asking.

uvicorn alone waits for ever for a request's first byte, and takes in headers and requests as fast as they
come.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.metrics import LIMIT_HITS
from server.serving import descriptors

REQUEST_TIMEOUT = 8.0
"""How long a request may take to come to its end, from the connection or its first byte on, in seconds."""
REQUEST_SIZE = 16 * 1024
"""How large a request may be, with all that comes before it is answered, in bytes: a body has 4 KiB at most,
and the rest is for cookies and whatever else a proxy passes on."""
MAX_HEADERS = 128
"""How many headers a request may have: each takes far more than its bytes. websockets takes as many."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class StopParsing(Exception):
    """Nothing more of what came is wanted."""


class HttpConnection(HttpToolsProtocol):
    """An HTTP connection whose requests, bodies included, must come to their end in time, and one by one."""

    _deadline: asyncio.TimerHandle | None = None
    _size = 0
    _last = False
    """Whether the request that is there is the last one to be answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if descriptors.are_scarce(transport):
            self._refuse()
        else:
            self._expect_request()

    def data_received(self, data: bytes) -> None:
        # Whatever comes is taken for a request's beginning: an empty line between two would otherwise end the
        # wait for the next one, and nothing begin another.
        if not self._answering:
            self._expect_request()
        self._size += len(data)
        if self._size > REQUEST_SIZE:
            self._end_too_large()
        elif not self._last:
            super().data_received(data)

    def on_message_begin(self) -> None:
        if self._answering:
            # As RFC 9112 has it (9.3.2), who sends requests without waiting finds out which were answered.
            self._last = True
            self.cycle.keep_alive = False
            raise StopParsing
        self.cycle = None  # type: ignore[assignment]  # until its head is whole
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._end_too_large()
            raise StopParsing

    def send_400_response(self, msg: str) -> None:
        if not (self._last or self.transport.is_closing()):  # else the parser was stopped here, on purpose
            super().send_400_response(msg)

    def on_message_complete(self) -> None:
        self._end_expecting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._end_expecting()
        super().handle_websocket_upgrade()
        # Each holds the other, and nobody needs either any more: it is not left to the garbage collector.
        self.parser = None  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_expecting()
        super().connection_lost(exc)

    def _refuse(self) -> None:
        self.app_state["services"].metrics.counts[LIMIT_HITS["open_files"]] += 1
        self.transport.write(descriptors.BUSY)
        self.transport.close()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

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
