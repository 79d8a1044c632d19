"""uvicorn's WebSocket connection, made to end: one that never reads, never answers a close, or never stops.

uvicorn alone waits for ever for a client that stops reading, answers pings into a buffer that such a client
lets grow without end, and takes in what is no message as fast as it comes.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.utils import apply_mask

from server.serving.backlog import Backlog
from server.serving.rate_limit import TokenBucket
from server.wire.frame import FIN_TEXT

STALL_TIMEOUT = 5.0
"""How long a WebSocket may take to read what fills its buffer, in seconds."""
CLOSE_TIMEOUT = 2.0
"""How long a WebSocket that was closed may take to take the rest, in seconds."""
WRITE_BUFFER = 64 * 1024
"""How much may wait for a WebSocket that does not read, in bytes, beside what the kernel holds."""
SLICE = 1024
"""How much of what a WebSocket sent is parsed before it is seen whether that was enough, in bytes: a player's
message has about a hundred, and of the smallest frames 170 make a slice."""
CONTROL_RATE, CONTROL_BURST = 10, 100
"""How many frames that are no message (pings, pongs, pieces of one) a WebSocket may send a second in the long
run, and at once. A client has one every few seconds to send."""
MAX_PIECES = 64
"""In how many pieces a message may come: an empty one counts for nothing in its size, but is kept."""
LAST_WORDS = 16 * 1024
"""How much is looked through for the answer to a close, in bytes: what was under way comes before it."""

MASKED_HEAD, MASKED, EXTENDED = 6, 0x80, 126
"""How long the head of a client's frame is, how its second byte says that it is masked, and from which length
on the head is longer (RFC 6455, section 5.2)."""

FLOOD_CODE, FLOOD_REASON = 1008, "too many frames"
NO_UTF8 = 1007
"""The close code for a text that is none (RFC 6455, section 7.4.1)."""

WIRE = "connect4.wire"
"""The ASGI extension under which a WebSocketConnection is found by who writes frames to it."""


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose peer must read: while it does not it is not read either, and soon it is cut off.

    What it sends is held back, but for a lone message, and parsed in slices by turns with all that `backlog`
    serves, as far as messages are taken out again; where one read gave more than a slice (256 KiB at most),
    nothing more is read meanwhile.

    Beside what ASGI has it takes whole frames as they are (server.sockets.writer.Wire): thousands of
    sockets then
    share one, and nobody waits for any of them. And it hands text to `on_text`, where that is set, at once.
    """

    on_ready: Callable[[], None] = staticmethod(lambda: None)
    on_text: Callable[[str], None] | None = None
    _whole_frames: bool | None = None
    """Whether the parser has been given whole frames alone; None before the handshake."""

    _stall_timer: asyncio.TimerHandle | None = None
    _close_timer: asyncio.TimerHandle | None = None
    _stalled = False
    _held = memoryview(b"")
    _waits = False
    """Whether it waits for its turn to take in what is held back."""
    _last_words = LAST_WORDS

    def __init__(self, backlog: Backlog, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._backlog = backlog

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.close_timeout = CLOSE_TIMEOUT
        self._control = TokenBucket(CONTROL_RATE, CONTROL_BURST, self.loop.time)

    def data_received(self, data: bytes) -> None:
        if self._whole_frames is None:
            self._whole_frames = True
            super().data_received(data)
        elif self._held or not (self._whole_frames and self._take_frame(data)):
            if self._held:
                self._whole_frames = False  # this may be the beginning of one, and parsed with what is held
            self._held = memoryview(self._held.tobytes() + data)
            if len(self._held) > SLICE:
                self.transport.pause_reading()
            self._take_in_soon()

    def eof_received(self) -> None:
        self._take_in()  # there is no later turn; what it said last may be a move
        super().eof_received()

    def _take_frame(self, data: bytes) -> bool:
        """Take in `data` if it is one whole text frame and nothing else, as a player's message nearly always
        is: for that alone websockets' parser takes several times as long. Anything else is for the parser,
        and once that was given part of a frame so is all that comes after."""
        length = data[1] - MASKED if len(data) >= MASKED_HEAD else -1
        if not 0 <= length < EXTENDED or len(data) != MASKED_HEAD + length:
            self._whole_frames = False
        elif data[0] == FIN_TEXT and self.on_text and self._is_free():
            try:
                text = apply_mask(data[MASKED_HEAD:], data[2:MASKED_HEAD]).decode()
            except UnicodeDecodeError:
                return False
            self.on_text(text)
            return True
        return False

    def _is_free(self) -> bool:
        """Whether a text frame that comes now is the next message: nothing waits, and none is half there."""
        return self.conn.state is State.OPEN and not self.frames and self.queue.empty()

    def _take_in(self) -> None:
        """Parse a slice of what is held back, if it is wanted now."""
        self._waits = False
        if not self._held or self.read_paused or self._stalled or self.transport.is_closing():
            return
        piece, self._held = self._held[:SLICE], self._held[SLICE:] or memoryview(b"")
        if self.close_sent:
            self._last_words -= len(piece)
            if self._last_words < 0:
                self._held = memoryview(b"")
                self.transport.pause_reading()  # for good: it is cut off soon
                return
        super().data_received(piece.tobytes())
        if self._held:
            self._take_in_soon()
        elif not (self.read_paused or self._stalled or self.transport.is_closing()):
            self.transport.resume_reading()

    def _take_in_soon(self) -> None:
        if self._held and not self._waits:
            self._waits = True
            self._backlog.add(self._take_in)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent or self.curr_msg_data_type != "text":
            super().send_receive_event_to_app()
            return
        try:
            text = b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self._close(NO_UTF8, "no UTF-8")
            return
        if self.on_text and self.queue.empty():
            self.frames = []
            self.on_text(text)
        else:  # behind what waits to be received, as bytes do, everything waits
            super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        if self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_go_on():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if self._may_go_on():
            super().handle_cont(event)

    def _may_go_on(self) -> bool:
        """Count a frame that is no message; where it is one too many, close."""
        if self._control.try_spend() and len(self.frames) < MAX_PIECES:
            return True
        if not (self.close_sent or self.transport.is_closing()):
            self._close(FLOOD_CODE, FLOOD_REASON)
        return False

    def _close(self, code: int, reason: str) -> None:
        """Close as the application would, where it is not asked."""
        if self.conn.state is not State.OPEN:  # not yet; or the peer's close is behind what is one too many
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)
        self._close_soon()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = True
        self.transport.pause_reading()  # each ping would add its pong to the buffer that is full
        self._stall_timer = self.loop.call_later(STALL_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled = False
        self._end(self._stall_timer)
        self._take_in_soon()
        if not (
            len(self._held) > SLICE
            or self.read_paused
            or self._stalled
            or self._last_words < 0
            or self.transport.is_closing()
        ):
            self.transport.resume_reading()
        self.on_ready()

    @property
    def ready(self) -> bool:
        """Whether a frame can be written now: the WebSocket is open, and its peer reads."""
        return not (self._stalled or self.close_sent or self.disconnected or self.transport.is_closing())

    def lag(self) -> float | None:
        """How long the last pong took, in seconds; None before the first."""
        return self.last_ping_rtt or None

    def write(self, frame: bytes) -> None:
        """Send `frame`, a whole one as it goes over the wire. While `ready`, once the socket was accepted."""
        self.transport.write(frame)

    async def run_asgi(self) -> None:
        extensions = {**(self.scope["extensions"] or {}), WIRE: self}
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        try:
            await super().run_asgi()
        finally:
            # What holds each other is not left to the garbage collector, for which everybody would wait.
            del extensions[WIRE]
            self.on_ready, self.on_text = type(self).on_ready, None

    async def send(self, message: Any) -> None:
        if self.handshake_complete and (self.close_sent or self.transport.is_closing()):
            raise ClientDisconnected  # an OSError, as ASGI has it; uvicorn raises it only once all is over
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # A refusal completes a handshake too: without this it would be logged as an error of ours.
            self.handshake_complete = True
        if self.close_sent:
            self._close_soon()
            self._take_in_soon()

    async def receive(self) -> Any:
        message = await super().receive()
        self._take_in_soon()
        if (self._stalled or len(self._held) > SLICE) and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._close_soon()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._close_soon()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._close_soon()

    def shutdown(self) -> None:
        super().shutdown()
        self._close_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(self._stall_timer)
        self._end(self._close_timer)
        super().connection_lost(exc)
        self.conn.parser.close()

    def _close_soon(self) -> None:
        """Closing waits until what was written is taken; not for ever."""
        if self._close_timer is None:
            self._close_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    @staticmethod
    def _end(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
