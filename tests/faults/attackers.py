"""Kinds of attackers: the frames and requests of each, their rate, and whether it reads the answers."""

import asyncio
import json
import time
from itertools import cycle
from typing import Any, cast

HALF_OPEN = 1000
"""Number of connections whose request never ends."""
FLOODERS, FLOOD_RATE = 12, 200
"""Number of sockets that send more than they may and read the answers; messages a second of each."""
JSON_PINGERS = 4
"""Number of sockets that send the largest `ping` messages at the same rate and read no answer."""
PINGERS, PING_RATE = 2, 8000
"""Number of sockets that send ping frames and read no pong; pings a second of each."""
SILENT = 50
"""Number of spectators that neither send nor read while their game goes on."""
GREEDY, CHUNK_RATE, CHUNK = 8, 20, 32 * 1024
"""Number of connections that send something endless; chunks a second of each while the server reads them;
size of a chunk in bytes."""


def frame(payload: bytes, opcode: int = 0x1) -> bytes:
    """A client's frame of RFC 6455 with a mask of zero and a payload of less than 64 KiB."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload


def message(**fields: Any) -> bytes:
    return frame(json.dumps(fields).encode())


HALF = b"GET /ws/games/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
HANDSHAKE = (
    "GET /ws/games/{} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FLOOD_CLOSE = (1008).to_bytes(2, "big") + b"too many"
"""First bytes of a close frame that the server sends for a flood."""


class Attacker(asyncio.Protocol):
    """One connection. `act` is called every so many seconds until it is `lost`."""

    name = address = ""
    every = 0.05
    reads = True
    stays = False
    """True for a connection that does no harm the server could notice, and so may stay."""
    frames = b""
    """Frames that it sends over and over; empty where it sends none."""
    rate = 0
    """Frames a second."""

    def __init__(self, opening: bytes) -> None:
        self.lost = asyncio.Event()
        self.opening, self.sent, self.told, self.since = opening, 0, 0, 0.0
        """`since` is the time at which it began to do harm, in seconds of the monotonic clock."""
        self._open = False
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self.since = time.monotonic()
        self.transport.write(self.opening)

    def data_received(self, data: bytes) -> None:
        self.told += FLOOD_CLOSE in data
        if not self._open:
            self._open = True
            self.begin()
            if not self.reads:
                self.transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.set()

    def begin(self) -> None:
        """Called when the handshake is over."""

    def act(self) -> None:
        """Send as much as the rate asks for, unless the server has not read what was sent before."""
        if self.frames and self._open and not self.transport.get_write_buffer_size():
            self._due += self.rate * self.every
            number, self._due = int(self._due), self._due % 1
            self.transport.write(self.frames * number)
            self.sent += number


class HalfOpen(Attacker):
    """Sends nothing, or half a request, or half a request and then one more header a second, without end."""

    name, address, every = "half-open", "127.0.0.2", 1.0
    _manners = cycle(((b"", b""), (HALF, b""), (HALF, b"X-More: x\r\n")))

    def __init__(self, opening: bytes) -> None:
        begin, self._more = next(self._manners)
        super().__init__(begin)

    def act(self) -> None:
        self.transport.write(self._more)


class Flooder(Attacker):
    """Sends one kind of message at four times the allowed rate. One in four has a seat, and plays."""

    name, address, rate = "flooding", "127.0.0.3", FLOOD_RATE
    seat = ("", "")
    _move = message(type="move", id="00000000-0000-0000-0000-00000000ffff", column=3)
    _manners = cycle(((message(type="ping"), 0), (_move, 0), (message(type="nonsense"), 0), (_move, 1)))

    def __init__(self, opening: bytes) -> None:
        self.frames, self._plays = next(self._manners)
        super().__init__(HANDSHAKE.format(self.seat[0]).encode() if self._plays else opening)

    def begin(self) -> None:
        if self._plays:
            self.transport.write(message(type="authenticate", token=self.seat[1]))


class JsonPinger(Attacker):
    """Does not read, and makes the server send much."""

    name, address, reads = "pinging, not reading", "127.0.0.4", False
    frames, rate = message(type="ping", t="x" * 4000), FLOOD_RATE


class Pinger(JsonPinger):
    """The same with ping frames."""

    name = "the protocol's pings"
    frames, rate = frame(b"x" * 125, 0x9), PING_RATE


class Silent(Attacker):
    name, address, reads, stays = "silent, not reading", "127.0.0.5", False, True


class Greedy(Attacker):
    """Sends something that does not end or is no message, as fast as the server reads it: headers, an
    address, requests without waiting for answers, pings, pongs, empty fragments, and the smallest frames."""

    name, address, rate = "greedy", "127.0.0.6", CHUNK_RATE
    _manners = cycle(
        (
            (HALF, b"X-More: x\r\n"),
            (b"GET /", b"x"),
            (b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
            (None, frame(b"", 0x9)),
            (None, frame(b"", 0xA)),
            (None, b"\x00\x80\0\0\0\0"),
            (None, frame(b"x")),
            (None, frame(b"")),
        )
    )

    def __init__(self, opening: bytes) -> None:
        begin, piece = next(self._manners)
        super().__init__(opening if begin is None else begin)
        self._open = begin is not None
        self._first = b"\x01\x80\0\0\0\0" if piece[0] == 0 else b""
        self.frames = piece * (CHUNK // len(piece))

    def begin(self) -> None:
        self.transport.write(self._first)


KINDS: dict[type[Attacker], int] = {
    HalfOpen: HALF_OPEN, Flooder: FLOODERS, JsonPinger: JSON_PINGERS, Pinger: PINGERS, Silent: SILENT,
    Greedy: GREEDY,
}  # fmt: skip
"""Number of each kind that attack at once."""
