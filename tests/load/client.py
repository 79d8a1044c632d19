"""A player's or a spectator's socket: Cython below, callbacks above, and no task for each move.

It does not know how games are created: the server may be anything that speaks `welcome`, `seated` and
`events`.
"""

import asyncio
from time import monotonic_ns as now
from typing import Final, Protocol

import msgspec
from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.faults.checker import Kind
from tests.load.messages import Accepted, Events, Message, Rejected, Seated, Welcome, decode, encode

TEXT, CLOSE = WSMsgType.TEXT, WSMsgType.CLOSE
CONNECT_TIMEOUT = 20.0
"""Time limit for a socket to connect and to receive its game's history, in seconds."""
BROKEN: Final = 1006
"""The code of RFC 6455, section 7.4.1, for a close without a close frame."""

Frames = dict[bytes, tuple[int, int]]
"""The first and last version in each distinct frame of events that any socket of a game got.

A server that encodes once sends the same bytes to every socket: one of them decodes, the others look it up.
"""


class Watcher(Protocol):
    """Receives what a connection hears. Times are `time.monotonic_ns()`."""

    def heard(self, connection: "Connection", first: int, at: int) -> None:
        """A commit arrived that begins with version `first`; `connection.version` is its last."""

    def accepted(self, connection: "Connection", id: str, version: int, at: int) -> None:
        """The command is durable."""

    def rejected(self, connection: "Connection", id: str | None, code: str) -> None:
        """The command is refused."""

    def lost(self, connection: "Connection", code: int) -> None:
        """The connection ended without a call of `leave`."""

    def violated(self, connection: "Connection", kind: Kind, detail: str) -> None:
        """The server broke a promise."""


class NotWhole(Exception):
    """A connection was refused, or was not welcomed, seated and given its history in time."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Connection(WSListener):
    """A socket. `seat` is 0 for yellow, 1 for red, -1 for a spectator, who needs no `token`.

    A connection that was lost or cut can `open` again, and comes back with `after` its last version.
    """

    def __init__(self, watcher: Watcher, frames: Frames, seat: int = -1, token: str | None = None) -> None:
        self.seat = seat
        self.version = 0
        """The last version that it has."""
        self.here = False
        """True while it is connected."""
        self.whole_at: int | None = None
        """Time at which it was welcomed, seated where it has a token, and had all that the welcome speaks
        of."""
        self.welcomed_at: int | None = None
        self._watcher, self._frames = watcher, frames
        self._greeting = encode({"type": "authenticate", "token": token}) if token else None
        self._transport: WSTransport | None = None
        self._goal: int | None = None
        self._seated = self._leaving = False
        self._code = BROKEN
        self._whole: asyncio.Future[None] | None = None

    async def open(self, url: str, game: str) -> None:
        """Connect to `game` at `url` (ws://…), and return once it has the history. Raises NotWhole."""
        self._goal = self.whole_at = self.welcomed_at = None
        self._seated, self._leaving, self._code = self._greeting is None, False, BROKEN
        whole = self._whole = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await ws_connect(
                    lambda: self,
                    f"{url}/ws/games/{game}?after={self.version}",
                    websocket_handshake_timeout=None,
                    use_aiofastnet=False,  # uvloop's own transport costs a fifth less
                    read_buffer_init_size=4096,
                )
                await whole
        except TimeoutError:
            self.cut()
            raise NotWhole("timed out") from None
        except (OSError, WSError) as error:
            raise NotWhole(_reason(error)) from None

    def send(self, frame: bytes) -> None:
        """Send one text frame; nothing happens where the connection is gone."""
        if self._transport is not None:
            self._transport.send(TEXT, frame)

    def leave(self) -> None:
        """Close with a closing handshake."""
        self._leaving = True
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)  # the server answers it, and that is the end

    def cut(self) -> None:
        """Break the connection without a word to the server."""
        if self._transport is not None:
            self._transport.underlying_transport.abort()

    # Called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport, self.here = transport, True
        if self._greeting:
            transport.send(TEXT, self._greeting)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        at = now()
        payload = frame.get_payload_as_bytes()
        place = self._frames.get(payload)
        if place is not None:
            self._take(place, at)
        elif frame.msg_type == TEXT:
            self._read(payload, at)
        elif frame.msg_type == CLOSE:
            self._code = int(frame.get_close_code().value)
            if not self._leaving:
                transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport, self.here = None, False
        if self._whole and not self._whole.done():
            self._whole.set_exception(NotWhole(f"closed {self._code}"))
        elif not self._leaving:
            self._watcher.lost(self, self._code)

    def _read(self, payload: bytes, at: int) -> None:
        try:
            message: Message = decode(payload)
        except msgspec.MsgspecError as error:
            self._watcher.violated(
                self, Kind.BROKEN, f"a frame is none of the protocol's: {error}: {payload[:80]!r}"
            )
            return
        match message:
            case Accepted(id, version):
                self._watcher.accepted(self, id, version, at)
            case Events(events) if events:
                place = self._frames[payload] = (events[0].version, events[-1].version)
                self._take(place, at)
            case Rejected(code, id):
                self._watcher.rejected(self, id, code)
            case Welcome(version):
                self._goal, self.welcomed_at = version, at
                self._look_whole(at)
            case Seated():
                self._seated = True
                self._look_whole(at)

    def _take(self, place: tuple[int, int], at: int) -> None:
        first, last = place
        if first != self.version + 1:
            self._watcher.violated(self, Kind.OUT_OF_ORDER, f"got version {first} at {self.version}")
        self.version = last
        self._watcher.heard(self, first, at)
        if self.whole_at is None:
            self._look_whole(at)

    def _look_whole(self, at: int) -> None:
        if self._seated and self._goal is not None and self.version >= self._goal and self.whole_at is None:
            self.whole_at = at
            if self._whole and not self._whole.done():
                self._whole.set_result(None)


def _reason(error: Exception) -> str:
    """A short reason, so that errors of one kind are counted together."""
    response = getattr(error, "response", None)
    return f"handshake {int(response.status)}" if response else type(error).__name__
