"""uvicorn's connections, made to end: those that never ask, never read, or never answer a close.

uvicorn alone waits for ever for a request's first byte and for a client that stops reading, and answers pings
into a buffer that such a client lets grow without end.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

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

    def data_received(self, data: bytes) -> None:
        # Whatever comes is taken for a request's beginning: an empty line between two would otherwise end the
        # wait for the next one, and nothing begin another.
        if self.cycle is None or self.cycle.response_complete:
            self._expect_request()
        super().data_received(data)

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


WIRE = "connect4.wire"
"""The ASGI extension under which a WebSocketConnection is found by who writes frames to it."""


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose peer must read: while it does not it is not read either, and soon it is cut off.

    Beside what ASGI has it takes whole frames as they are (server.session.Wire): thousands of sockets then
    share one, and nobody waits for any of them.
    """

    on_ready: Callable[[], None] = staticmethod(lambda: None)

    _stall_timer: asyncio.TimerHandle | None = None
    _close_timer: asyncio.TimerHandle | None = None
    _stalled = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.close_timeout = CLOSE_TIMEOUT

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = True
        self.transport.pause_reading()  # each ping would add its pong to the buffer that is full
        self._stall_timer = self.loop.call_later(STALL_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled = False
        self._end(self._stall_timer)
        if not self.read_paused:
            self.transport.resume_reading()
        self.on_ready()

    @property
    def ready(self) -> bool:
        """Whether a frame can be written now: the WebSocket is open, and its peer reads."""
        return not (self._stalled or self.close_sent or self.disconnected or self.transport.is_closing())

    def write(self, frame: bytes) -> None:
        """Send `frame`, a whole one as it goes over the wire. While `ready`, once the socket was accepted."""
        self.transport.write(frame)

    async def run_asgi(self) -> None:
        self.scope["extensions"] = {**(self.scope["extensions"] or {}), WIRE: self}  # type: ignore[dict-item]
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # A refusal completes a handshake too: without this it would be logged as an error of ours.
            self.handshake_complete = True
        if self.close_sent:
            self._close_soon()

    async def receive(self) -> Any:
        message = await super().receive()
        if self._stalled and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._close_soon()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._close_soon()

    def shutdown(self) -> None:
        super().shutdown()
        self._close_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(self._stall_timer)
        self._end(self._close_timer)
        super().connection_lost(exc)

    def _close_soon(self) -> None:
        """Closing waits until what was written is taken; not for ever."""
        if self._close_timer is None:
            self._close_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    @staticmethod
    def _end(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
