"""uvicorn's connections, made to end: those that never ask, never read, or never answer a close.

uvicorn alone waits for ever for a request's first byte and for a client that stops reading, and answers pings
into a buffer that such a client lets grow without end.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

REQUEST_TIMEOUT = 8.0
"""How long a request may take to come to its end, from the connection or its first byte on, in seconds."""
STALL_TIMEOUT = 5.0
"""How long a WebSocket may take to read what fills its buffer, in seconds."""
CLOSE_TIMEOUT = 2.0
"""How long a WebSocket that was closed may take to take the rest, in seconds."""
WRITE_BUFFER = 64 * 1024
"""How much may wait for a WebSocket that does not read, in bytes, beside what the kernel holds."""


class HttpConnection(HttpToolsProtocol):
    """An HTTP connection whose requests, bodies included, must come to their end in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_request()

    def on_message_complete(self) -> None:
        self._end_expecting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._end_expecting()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_expecting()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_TIMEOUT, self.transport.abort)

    def _end_expecting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose peer must read: while it does not it is not read either, and soon it is cut off."""

    _abort_timer: asyncio.TimerHandle | None = None
    _stalled = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = True
        self.transport.pause_reading()  # each ping would add its pong to the buffer that is full
        self._abort_in(STALL_TIMEOUT)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled = False
        self._end_abort()
        if not self.read_paused:
            self.transport.resume_reading()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # A refusal completes a handshake too: without this it would be logged as an error of ours.
            self.handshake_complete = True

    async def receive(self) -> Any:
        message = await super().receive()
        if self._stalled and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_in(CLOSE_TIMEOUT)

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_in(CLOSE_TIMEOUT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_abort()
        super().connection_lost(exc)

    def _abort_in(self, seconds: float) -> None:
        if self._abort_timer is None:
            self._abort_timer = self.loop.call_later(seconds, self.transport.abort)

    def _end_abort(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
