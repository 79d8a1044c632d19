"""Those who mean harm, in a process of their own: bounded in number, rate and time, and on loopback only.

`python -m tests.faults.attackers PORT` does what the lines of its standard input say, a JSON object each:
`{"game"}` is a game that has begun, `{"seat": [game, token]}` one to play in, `{"attack": SECONDS}` has them
attack for so long, and `"greedy": true` beside it the greedy as well. That is answered by a line of figures
once the server is rid of them all. Ends with its input.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any, cast

import uvloop

LIFETIME = 10.0
"""How long a connection may do harm, in seconds."""
GIVEN_UP = 15.0
"""When one that is not cut off is ended from here, in seconds."""
RAMP = 1.0
"""Over how long the first connections of an attack are spread, in seconds."""
REOPENED = 0.2
"""How long after a connection was cut off the next one is opened, in seconds."""
TINY = 4096
"""The buffers of those that do not read, in bytes; the kernel doubles them."""

HALF_OPEN = 1000
"""Connections whose request never comes to its end."""
FLOODERS, FLOOD_RATE = 12, 200
"""Sockets that send more than they may and read the answers, and how many messages a second each sends."""
JSON_PINGERS = 4
"""Sockets that send the largest pings of ours at the same rate and read no pong."""
PINGERS, PING_RATE = 2, 8000
"""Sockets that send pings of the protocol and read no pong, and how many a second each sends."""
SILENT = 50
"""Spectators that send nothing and read nothing while their game goes on."""
GREEDY, CHUNK = 4, 32 * 1024
"""Connections that send as fast as they are read, and how much each sends at most each time, in bytes."""


def frame(payload: bytes, opcode: int = 0x1) -> bytes:
    """A client's frame of RFC 6455, its mask zero, of less than 64 KiB."""
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
"""How a close for a flood begins, in the bytes that come."""


class Attacker(asyncio.Protocol):
    """One connection, which `act`s every so many seconds until it is `lost`."""

    name = address = ""
    every = 0.05
    reads = True
    stays = False
    """Whether it does no harm that a server could tell, so that it may stay."""
    frames = b""
    """What it sends over and over; nothing where there is none."""
    rate = 0
    """How many frames a second it sends."""

    def __init__(self, opening: bytes) -> None:
        self.lost = asyncio.Event()
        self.opening, self.sent, self.told, self.since = opening, 0, 0, 0.0
        """`since` is when it began to do harm, in seconds of the monotonic clock."""
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
        """The handshake is over."""

    def act(self) -> None:
        """Send what the rate asks for, unless what was sent before is not read yet."""
        if self.frames and self._open and not self.transport.get_write_buffer_size():
            self._due += self.rate * self.every
            number, self._due = int(self._due), self._due % 1
            self.transport.write(self.frames * number)
            self.sent += number


class HalfOpen(Attacker):
    """Says nothing; or half a request; or half a request and then, for ever, one more header a second."""

    name, address, every = "half-open", "127.0.0.2", 1.0
    _manners = cycle(((b"", b""), (HALF, b""), (HALF, b"X-More: x\r\n")))

    def __init__(self, opening: bytes) -> None:
        begin, self._more = next(self._manners)
        super().__init__(begin)

    def act(self) -> None:
        self.transport.write(self._more)


class Flooder(Attacker):
    """Sends one kind of message at four times the rate that it may. One in four has a seat, and plays."""

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
    """Does not read, and has much sent that it is to read."""

    name, address, reads = "pinging, not reading", "127.0.0.4", False
    frames, rate = message(type="ping", t="x" * 4000), FLOOD_RATE


class Pinger(JsonPinger):
    """The same with the protocol's own pings. Harm begins when the server's buffers are full: until then it
    takes them, as it should."""

    name = "the protocol's pings"
    frames, rate = frame(b"x" * 125, 0x9), PING_RATE

    def act(self) -> None:
        if not self.transport.get_write_buffer_size():
            self.since = time.monotonic()
        super().act()


class Silent(Attacker):
    name, address, reads, stays = "silent, not reading", "127.0.0.5", False, True


class Greedy(Attacker):
    """Sends, as fast as it is read, what is no message: headers, requests, control frames, empty pieces of a
    message that does not end."""

    name, address, rate = "greedy", "127.0.0.6", 20
    _manners = cycle(
        (
            (HALF, b"X-More: x\r\n"),
            (b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
            (None, frame(b"", 0x9)),
            (None, b"\x00\x80\0\0\0\0"),
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
}  # fmt: skip


class Attack:
    """One attack by so many of each of `kinds`, and what came of it. `games` are those to watch."""

    def __init__(self, port: int, games: "deque[str]", kinds: dict[type[Attacker], int]) -> None:
        self._port, self._games, self._kinds = port, games, kinds
        self._ended = asyncio.Event()
        self._harmful: dict[str, list[float]] = {kind.name: [] for kind in kinds}
        self._counted: dict[str, Counter[str]] = {kind.name: Counter() for kind in kinds}

    async def run(self, seconds: float) -> dict[str, Any]:
        """Attack for `seconds`, then wait until no connection is left; times are in seconds."""
        async with asyncio.TaskGroup() as tasks:
            for kind, number in self._kinds.items():
                for place in range(number):
                    tasks.create_task(self._keep_up(kind, RAMP * place / number))
            await asyncio.sleep(seconds)
            self._ended.set()
        return {name: {**_summary(times), **self._counted[name]} for name, times in self._harmful.items()}

    async def _keep_up(self, kind: type[Attacker], after: float) -> None:
        """Have one connection of `kind`, and another one when it was cut off, while the attack lasts."""
        await asyncio.sleep(after)
        while not self._ended.is_set():
            attacker = kind(HANDSHAKE.format(random.choice(self._games)).encode())
            try:
                await self._connect(attacker)
            except OSError:
                self._counted[kind.name]["refused"] += 1
            else:
                await self._attack(attacker)
            await asyncio.sleep(REOPENED)

    async def _attack(self, attacker: Attacker) -> None:
        gives_up = time.monotonic() + GIVEN_UP
        while not (attacker.lost.is_set() or (attacker.stays and self._ended.is_set())):
            if time.monotonic() > gives_up:
                attacker.since = gives_up - GIVEN_UP
                break
            attacker.act()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(attacker.every):
                    await attacker.lost.wait()
        if not attacker.stays:
            self._harmful[attacker.name].append(time.monotonic() - attacker.since)
        self._counted[attacker.name] += Counter(opened=1, sent=attacker.sent, told=attacker.told)
        attacker.transport.abort()

    async def _connect(self, attacker: Attacker) -> None:
        loop = asyncio.get_running_loop()
        plain = socket.socket()
        try:
            plain.setblocking(False)
            if not attacker.reads:  # before connecting: the window is never larger than it is then
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, TINY)
            plain.bind((attacker.address, 0))
            await loop.sock_connect(plain, ("127.0.0.1", self._port))
            await loop.create_connection(lambda: attacker, sock=plain)
        except BaseException:
            plain.close()
            raise


def _summary(times: list[float]) -> dict[str, float]:
    """How many did harm for longer than they may, and the longest that one did, in seconds."""
    return {"outlived": sum(time > LIFETIME for time in times), "longest": max(times, default=0)}


async def _obey(port: int, lines: Callable[[], str]) -> None:
    games: deque[str] = deque(maxlen=20)
    async with asyncio.TaskGroup() as tasks:
        while line := await asyncio.to_thread(lines):
            match json.loads(line):
                case {"game": game}:
                    games.append(game)
                case {"seat": [game, token]}:
                    Flooder.seat = game, token
                case {"attack": seconds, "greedy": greedy}:
                    kinds = {**KINDS, Greedy: GREEDY} if greedy else KINDS
                    tasks.create_task(_tell(Attack(port, games, kinds), seconds))


async def _tell(attack: Attack, seconds: float) -> None:
    print(json.dumps(await attack.run(seconds)), flush=True)


def main(arguments: Iterable[str]) -> None:
    [port] = arguments
    os.nice(5)  # they are elsewhere, really: what they take is not to be the server's
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_obey(int(port), sys.stdin.readline))


if __name__ == "__main__":
    main(sys.argv[1:])
