"""The states of a WebSocket from its handshake to its end, and all that ends one."""

import asyncio
import contextlib
import logging
from abc import abstractmethod
from collections.abc import Callable
from enum import IntEnum
from http import HTTPStatus
from typing import cast

import uvicorn
import websockets
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.protocol import SEND_EOF
from websockets.server import ServerProtocol

from server.serving.asgi import Inbox
from server.serving.handshake import refusal
from server.serving.heartbeat import Heartbeat
from server.wire import close
from server.wire.close import Close

logger = logging.getLogger(__name__)
library_logger = logging.getLogger("uvicorn.error")
"""Gets what websockets logs: of each connection some lines at INFO, and this logger begins at WARNING."""

STALL_TIMEOUT = 5.0
"""The longest that a peer may leave a full buffer unread, in seconds."""
CLOSE_TIMEOUT = 2.0
"""The longest that an end may take, in seconds, from the first close frame on."""
WRITE_BUFFER = 64 * 1024
"""The size of the buffer for a peer that does not read, in bytes, beside what the kernel holds."""

FIN_CLOSE = 0x88
"""The first byte of a close frame (RFC 6455, section 5.5.1)."""
NORMAL = Close(1000, "")
"""Sent where an application returns without having closed."""
BROKEN = Close(1006, "")
"""Told to the application where no close frame was sent or received (RFC 6455, section 7.4.1)."""


class State(IntEnum):
    """The states of a WebSocket, in their order: it skips some, and never goes back."""

    NEW = 0
    """The handshake has not come yet."""
    CONNECTING = 1
    """The application has the handshake, and has not answered it."""
    OPEN = 2
    """Messages go both ways."""
    LEAVING = 3
    """The peer has closed, or has done what it may not. Nothing more is read. Answers to what it said before
    are still written, until the end of this tick."""
    CLOSING = 4
    """A close frame was sent. Nothing but the peer's own matters any more, and control frames on its way."""
    FLUSHING = 5
    """Our side has ended. What was written is on its way to the peer; what still comes from it is dropped."""
    CLOSED = 6
    """The connection is gone."""


class Lifecycle(asyncio.Protocol):
    """A WebSocket without its reading: states, writing, and the end.

    An end comes by one of these ways. `_enter` alone changes the state.

    - The peer closes, breaks the protocol or ends its side: OPEN, LEAVING, FLUSHING, CLOSED.
    - The peer sends too many frames, or text that is no UTF-8: OPEN, LEAVING, and then as the next one.
    - The application closes: OPEN, CLOSING, FLUSHING where the peer's close frame comes, CLOSED.
    - No pong comes, or uvicorn shuts down: OPEN, CLOSING and at once FLUSHING, CLOSED.
    - The handshake is refused: NEW or CONNECTING, FLUSHING, CLOSED.
    - The connection breaks: CLOSED, from any state.

    FLUSHING half-closes the connection and waits for the peer to close its half (RFC 6455, section 7.1.1): to
    close it whole while something is unread would be a reset, which could take the close frame with it.

    The application is told once, when the state becomes CLOSING or a later one. From then on the peer has
    CLOSE_TIMEOUT, and before that STALL_TIMEOUT whenever its buffer is full. Then it is cut off.
    """

    __slots__ = (
        "_close_timer",
        "_config",
        "_goodbye",
        "_heartbeat",
        "_inbox",
        "_library",
        "_loop",
        "_peer_ended",
        "_resumed",
        "_server_state",
        "_stall_timer",
        "_state",
        "_transport",
        "on_ready",
        "on_text",
        "ready",
        "write",
    )

    def __init__(self, config: uvicorn.Config, server_state: ServerState) -> None:
        self._config, self._server_state = config, server_state
        self._loop = asyncio.get_running_loop()
        self._library: ServerProtocol | None = None
        self._goodbye: Close | None = None
        """The peer's close frame, where websockets did not need to look at it."""
        self._state = State.NEW
        self._inbox = Inbox(self._loop)
        self._transport: asyncio.Transport
        self._peer_ended = False
        """True if the peer has ended its side."""
        self._heartbeat: Heartbeat | None = None
        """None until it is OPEN."""
        self._resumed: asyncio.Event | None = None
        """Set when the peer reads again; None while its buffer is not full."""
        self._stall_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self.on_ready: Callable[[], None] = _nothing
        self.on_text: Callable[[str], None] | None = None
        self.ready = False
        """True if a frame can be written now."""
        self.write: Callable[[bytes], None] = _nothing
        """Sends a whole frame as it goes over the wire, while `ready`. It is the transport's own."""

    @property
    def _conn(self) -> ServerProtocol:
        """websockets' side of the connection, behind the handshake. It is made when it is first needed: by a
        frame of a kind that hardly any peer sends."""
        if self._library is None:
            self._library = ServerProtocol(
                state=websockets.State.OPEN, max_size=self._config.ws_max_size, logger=library_logger
            )
        return self._library

    def _enter(self, state: State) -> None:
        before, self._state = self._state, state
        self._note_ready()
        if state is State.OPEN:
            interval, timeout = self._config.ws_ping_interval, self._config.ws_ping_timeout
            assert interval
            assert timeout
            self._heartbeat = Heartbeat(
                self._loop, interval, timeout, self._transport.write, self._on_silence
            )
        elif self._heartbeat:
            self._heartbeat.stop()
        if before < State.CLOSING <= state:
            known = self._library
            told = self._goodbye or (known and (known.close_rcvd or known.close_sent)) or BROKEN
            self._inbox.put({"type": "websocket.disconnect", "code": told.code, "reason": told.reason})
        if state in (State.CLOSING, State.FLUSHING) and not self._close_timer:
            self._close_timer = self._loop.call_later(CLOSE_TIMEOUT, self._transport.abort)
        if state is State.FLUSHING:
            self._end_our_side()
        self._read_on()

    @abstractmethod
    def _read_on(self) -> None:
        """Read, or stop reading, as the state has it now."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.write = self._transport.write
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # it names uvicorn's own classes

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter(State.CLOSED)
        self.write = _nothing
        self._end_stall()
        if self._close_timer:
            self._close_timer.cancel()
        self._server_state.connections.discard(self)
        if self._library:
            _take_apart(self._library)

    def pause_writing(self) -> None:
        self._resumed = asyncio.Event()
        self._note_ready()
        self._stall_timer = self._loop.call_later(STALL_TIMEOUT, self._transport.abort)
        self._read_on()  # which ends reading: the pong of each ping would go to the buffer that is full

    def resume_writing(self) -> None:
        self._end_stall()
        self._read_on()
        self.on_ready()

    def _end_stall(self) -> None:
        if self._resumed and self._stall_timer:
            self._stall_timer.cancel()
            self._resumed.set()
            self._resumed = None
            self._note_ready()

    def _note_ready(self) -> None:
        self.ready = (self._state is State.OPEN or self._state is State.LEAVING) and self._resumed is None

    # What uvicorn calls

    def shutdown(self) -> None:
        """Begin the end, whatever the state is."""
        if self._state <= State.CONNECTING:
            self.refuse(refusal(HTTPStatus.SERVICE_UNAVAILABLE, b"The server is restarting."))
        self._end(close.RESTARTING)
        if self._state is State.FLUSHING:
            self._transport.close()

    # What the application does (server.serving.asgi.Connection)

    async def writable(self) -> None:
        while self._resumed:
            await self._resumed.wait()

    def accept(self, response: bytes) -> None:
        self._expect(State.CONNECTING)
        self._transport.write(response)
        self._enter(State.OPEN)

    def refuse(self, response: bytes) -> None:
        if self._state > State.CONNECTING:
            raise ClientDisconnected
        self._transport.write(response)
        self._enter(State.FLUSHING)

    def send(self, data: str | bytes) -> None:
        self._expect(State.OPEN)
        if isinstance(data, str):
            self._conn.send_text(data.encode())
        else:
            self._conn.send_binary(data)
        self._flush()

    def close(self, code: int, reason: str) -> None:
        self._expect(State.OPEN)
        self._close(Close(code, reason))

    def finished(self, failed: bool) -> None:
        if self._state is State.CONNECTING:
            if not failed:
                logger.error("WebSocket application returned without answering the handshake")
            self.refuse(refusal(HTTPStatus.INTERNAL_SERVER_ERROR, b"The server failed."))
        elif self._state is State.OPEN:
            self._close(close.INTERNAL_ERROR if failed else NORMAL)
        self.on_ready, self.on_text = _nothing, None  # who is called holds this connection, too

    def _expect(self, state: State) -> None:
        if self._state is not state:
            raise ClientDisconnected

    # What the application does past ASGI (server.sockets.writer.Wire)

    def lag(self) -> float | None:
        """The time that the peer took to answer the last ping, in seconds; None before its first pong."""
        return self._heartbeat.rtt if self._heartbeat else None

    # Writing and ending

    def _flush(self) -> None:
        """Write what websockets has to say, and end where that is its last."""
        output = self._conn.data_to_send()
        if data := b"".join(output):
            self._transport.write(data)
        if SEND_EOF in output:
            self._enter(State.FLUSHING)

    def _close(self, why: Close) -> None:
        """Send a close frame, and wait for the peer's."""
        self._conn.send_close(why.code, why.reason)
        self._flush()
        self._enter(State.CLOSING)

    def _answer_goodbye(self, payload: bytes) -> None:
        """Answer a close frame with the same (RFC 6455, section 5.5.1), and end our side."""
        self._transport.write(bytes((FIN_CLOSE, len(payload))) + payload)
        self._enter(State.FLUSHING)

    def _end(self, why: Close) -> None:
        """Send a close frame, where none was sent, and wait for none."""
        if self._state is State.OPEN:
            self._close(why)
        if self._state is State.CLOSING:
            self._enter(State.FLUSHING)

    def _end_our_side(self) -> None:
        if self._peer_ended or not self._transport.can_write_eof():
            self._transport.close()
        else:
            with contextlib.suppress(OSError):  # then the connection is broken, which is known soon
                self._transport.write_eof()

    def _on_silence(self) -> None:
        self._end(close.NO_PONG)

    def _leave_soon(self, end: Callable[[], None]) -> None:
        """End by `end`, once what the peer said before is answered: at the end of this tick."""
        self._enter(State.LEAVING)
        self._loop.call_soon(self._leave, end)

    def _leave(self, end: Callable[[], None]) -> None:
        if self._state is State.LEAVING:
            end()


def _nothing(*_: object) -> None:
    pass


def _take_apart(conn: ServerProtocol) -> None:
    """Undo what would keep `conn` until the garbage collector comes, for which everybody would wait: its
    parser is a generator that holds it, and so do the tracebacks of its errors."""
    conn.parser.close()
    error: BaseException | None = conn.parser_exc
    while error:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
