"""A WebSocket as uvicorn serves it: it reads frames from a peer that may be slow, silent or hostile."""

from functools import partial
from http import HTTPStatus
from typing import cast

import uvicorn
from starlette.types import Scope
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from server.serving.asgi import Application, websocket_scope
from server.serving.backlog import Backlog
from server.serving.frames import FrameBuffer, Pieces, is_whole, payload, short_text
from server.serving.handshake import accepting, refusal
from server.serving.heartbeat import FIN_PONG
from server.serving.lifecycle import FIN_CLOSE, Lifecycle, State
from server.serving.rate_limit import TokenBucket
from server.wire import close
from server.wire.close import Close
from server.wire.frame import FIN_TEXT

SLICE = 1024
"""The size of what a connection takes in when it is its turn, in bytes; the last frame may exceed it. A
message of a player has about a hundred, and of the smallest frames 170 make a slice."""
CONTROL_RATE, CONTROL_BURST = 10, 100
"""The number of pings, pongs and continuations that a peer may send a second in the long run, and at once. A
browser sends a pong every few seconds, and nothing else of these."""
MAX_PIECES = 64
"""The number of pieces that a message may have: an empty one does not count in its size, but takes memory."""
LAST_WORDS = 16 * 1024
"""The size of what is still read after a close frame was sent, in bytes: all that was on its way comes before
the answer."""

CONTROL = 0x08
"""The bit in the first byte of a frame that says that it is a control frame (RFC 6455, section 5.5)."""
GOODBYES = {code.to_bytes(2, "big"): Close(code, "") for code in (1000, 1001)} | {b"": Close(1005, "")}
"""The payloads of the close frames that nearly all peers send, and what they say."""

WIRE = "connect4.wire"
"""The name of the ASGI extension that is the connection itself, as a server.sockets.writer.Wire."""


class WebSocketConnection(Lifecycle):
    """A WebSocket whose peer must read: while it does not it is not read either, and soon it is cut off.

    A lone short text, as a player's message nearly always is, is taken in at once. Everything else is held
    back and taken in by turns with all that `backlog` serves, a slice each, as long as the application
    receives what it is told. websockets parses what is no whole text message.

    Beside ASGI it is a server.sockets.writer.Wire: text goes to `on_text`, where that is set, and whole
    frames are written as they are. So thousands of sockets share a frame, and nobody waits for any of them.
    """

    __slots__ = (
        "_backlog",
        "_control",
        "_held",
        "_in_line",
        "_last_words",
        "_pieces",
        "_reading",
    )

    def __init__(
        self,
        backlog: Backlog,
        config: uvicorn.Config,
        server_state: ServerState,
    ) -> None:
        super().__init__(config, server_state)
        self._backlog = backlog
        self._held = FrameBuffer(config.ws_max_size)
        self._in_line = False
        """True if `backlog` will give it a turn."""
        self._reading = True
        """True if the transport reads."""
        self._pieces: Pieces | None = None
        """The message that has begun, and of which more is to come."""
        self._control = TokenBucket(CONTROL_RATE, CONTROL_BURST, self._loop.time)
        self._last_words = LAST_WORDS
        """The number of bytes that are still read after a close frame was sent."""

    def _may_read(self) -> bool:
        """True if the transport is to read."""
        if self._state is State.CONNECTING:
            return len(self._held) <= SLICE
        if self._state is State.FLUSHING:
            return self._last_words > 0
        return self._may_take() and not (self._in_line and len(self._held) > SLICE)

    def _may_take(self) -> bool:
        """True if the next frame is to be taken in."""
        if self._resumed:  # the peer does not read
            return False
        if self._state is State.OPEN:
            return not self._inbox.messages
        return self._state is State.CLOSING and self._last_words > 0

    def _read_on(self) -> None:
        if self._held and not self._in_line and self._may_take() and self._held.has_frame:
            self._in_line = True
            self._backlog.add(self._take_turn)
        if self._may_read() is not self._reading:
            self._reading = not self._reading
            if self._reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    # What the application does

    def received(self) -> None:
        if self._held or not self._reading:  # else nothing waits for that
            self._read_on()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        if self._state is State.OPEN:
            if self._held or not self._take_at_once(data):
                self._held += data
                self._read_on()
        elif self._state is State.FLUSHING:
            self._last_words -= len(data)
            self._read_on()
        else:
            self._held += data
            self._read_on()

    def eof_received(self) -> bool:
        while self._state is State.OPEN and self._held.has_frame:  # there is no later turn
            self._take(self._held.pop_frame())
        self._peer_ended = True
        if self._state is State.OPEN:
            self._leave_soon(partial(self._enter, State.FLUSHING))
        return self._state is State.LEAVING  # then the transport stays until the end of the tick

    # The handshake

    def shake_hands(self, target: bytes, http: Scope) -> None:
        """Take a handshake, which HTTP has parsed, and let the application answer it. `http` is its scope as
        far as it is that of any request."""
        try:
            scope, answer = websocket_scope(target, http), accepting(http["headers"])
        except ValueError:
            self.refuse(refusal(HTTPStatus.BAD_REQUEST, b"This is no WebSocket handshake."))
            return
        self._enter(State.CONNECTING)
        scope["extensions"][WIRE] = self
        application = Application(self, self._inbox, answer, self._server_state.default_headers)
        task = self._loop.create_task(application.run(self._config.loaded_app, scope))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    # Taking frames in

    def _take_at_once(self, data: bytes) -> bool:
        """Take in `data`, if it is one whole frame of a kind that need not wait: a short text for `on_text`,
        the pong that is waited for, or a goodbye. For these alone websockets' parser takes several times as
        long."""
        if (text := short_text(data)) is None:
            take = {FIN_PONG: self._heard, FIN_CLOSE: self._take_goodbye}.get(data[0])
            return take is not None and is_whole(data) and take(payload(data))
        if self.on_text is None or self._pieces is not None or self._inbox.messages:
            return False
        try:
            message = text.decode()
        except UnicodeDecodeError:
            self._leave_soon(partial(self._close, close.NOT_UTF8))
        else:
            self.on_text(message)
        return True

    def _take_goodbye(self, payload: bytes) -> bool:
        """Take in a close frame, if it says no more than most do and nothing waits before it."""
        if payload not in GOODBYES or not self._may_take():
            return False
        self._goodbye = GOODBYES[payload]
        self._leave_soon(partial(self._answer_goodbye, payload))
        return True

    def _take_turn(self) -> None:
        """Take in a slice of what is held back, as far as it is wanted."""
        self._in_line = False
        taken = 0
        while taken < SLICE and self._may_take() and self._held.has_frame:
            frame = self._held.pop_frame()
            taken += len(frame)
            self._take(frame)
        self._read_on()

    def _take(self, frame: bytes) -> None:
        """Take in a frame, which is whole, or too large."""
        if self._state is State.CLOSING:
            self._last_words -= len(frame)
            if not frame[0] & CONTROL:
                return
        elif frame[0] == FIN_TEXT and is_whole(frame) and self._take_text(payload(frame)):
            return
        if frame[0] == FIN_CLOSE:
            # A message may be left half said (RFC 6455, section 5.4); websockets would call that an error.
            self._conn.current_size = None
        self._conn.receive_data(frame)
        for event in self._conn.events_received():
            self._take_parsed(cast(Frame, event))
        if self._state is State.OPEN and self._conn.close_expected():
            self._leave_soon(self._flush)
        elif self._state is not State.LEAVING:
            self._flush()

    def _take_text(self, text: bytes) -> bool:
        """Take in what a text frame carries, if that is a whole message, and not too large."""
        if self._pieces is not None or len(text) > self._config.ws_max_size:
            return False
        self._deliver(text, is_text=True)
        return True

    def _take_parsed(self, frame: Frame) -> None:
        """Take in a frame that websockets has parsed, and answered where it is a ping or a close frame."""
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._pieces = Pieces(text=frame.opcode is Opcode.TEXT)
            self._add(bytes(frame.data), last=frame.fin)
        elif frame.opcode is not Opcode.CLOSE and self._may_send_more():
            if frame.opcode is Opcode.CONT:
                self._add(bytes(frame.data), last=frame.fin)
            elif frame.opcode is Opcode.PONG:
                self._heard(bytes(frame.data))

    def _add(self, data: bytes, *, last: bool) -> None:
        """Add a piece to the message that has begun."""
        assert self._pieces
        try:
            self._pieces.add(data, last=last)
        except UnicodeDecodeError:
            self._leave_soon(partial(self._close, close.NOT_UTF8))
            return
        if last:
            pieces, self._pieces = self._pieces, None
            self._deliver(pieces.message(), is_text=pieces.is_text)

    def _deliver(self, data: bytes, *, is_text: bool) -> None:
        """Hand a whole message to the application."""
        if not is_text:
            self._inbox.put({"type": "websocket.receive", "bytes": data})
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._leave_soon(partial(self._close, close.NOT_UTF8))
            return
        if self.on_text and not self._inbox.messages:
            self.on_text(text)
        else:
            self._inbox.put({"type": "websocket.receive", "text": text})

    def _heard(self, pong: bytes) -> bool:
        """Take a pong; returns whether it was waited for."""
        return self._heartbeat is not None and self._heartbeat.hear(pong)

    def _may_send_more(self) -> bool:
        """Count a frame that is no message. One too many is not answered, and begins the end."""
        if self._control.try_spend() and (self._pieces is None or self._pieces.count < MAX_PIECES):
            return True
        self._conn.data_to_send()  # dropped
        self._peer_ended = True
        if self._state is State.OPEN:
            self._leave_soon(partial(self._close, close.TOO_MANY_FRAMES))
        return False
