"""Presence: the spectators and connected seats of each game, over all servers. Not part of the log.

Each server tells the others its own count when it changes, and repeats it as a heartbeat. The count of a
server that has not been heard for a while expires.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from server.delivery.hub import Hub
from server.game.board import Seat
from server.game.events import GameId
from server.wire import messages
from server.wire.frame import Frame

BATCH = 0.05
"""Debounce time of changes, in seconds."""
CROWD, CROWD_BATCH = 100, 1.0
"""Number of sockets from which on a game's changes are debounced longer, and for how long, in seconds: each
change is sent to all of them."""
HEARTBEAT = 4.0
"""Time between two heartbeats, in seconds."""
EXPIRY = 10.0
"""Lifetime of another server's count, in seconds: two heartbeats may be lost."""


LAGS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Latencies as they are shown, in milliseconds: in steps, so that small changes are not sent."""
Lag = Callable[[], float | None]
"""Returns the latest latency of a socket, in seconds, or None where it is not known."""


class Count(msgspec.Struct, frozen=True):
    """One server's count of one game."""

    server: str
    spectators: int
    connected: list[Seat]
    ask: bool = False
    """True if other servers are asked for theirs, because this one has only now begun to count."""
    lag: dict[Seat, int] = {}
    """Latency of those at a seat, one of LAGS, where it is known."""


class _Room:
    """One game: the sockets here by seat (None: spectators), and the latest count of each other server."""

    def __init__(self) -> None:
        self.here: Counter[Seat | None] = Counter()
        self.lags: dict[Seat, Lag] = {}
        self.told_lag: dict[Seat, int] = {}
        self.elsewhere: dict[str, tuple[Count, float]] = {}
        self.asked = False
        self.told_at = float("-inf")


class Presence:
    """Counts the sockets here, takes in the counts of other servers, and tells subscribers the sum.

    `server` is the name of this process, which no other has.
    """

    def __init__(
        self,
        hub: Hub,
        publish: Callable[[GameId, bytes], None],
        server: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub, self._publish, self._server, self._clock = hub, publish, server, clock
        self._rooms: dict[GameId, _Room] = {}
        self._changed: set[GameId] = set()  # to be told here
        self._to_publish: set[GameId] = set()  # to be told to other servers
        self._wake = asyncio.Event()

    def come(self, game: GameId, seat: Seat | None, lag: Lag | None = None) -> None:
        """Count a socket at `seat`, or as a spectator if None, until `leave` is called for it."""
        room = self._rooms.setdefault(game, _Room())
        room.here[seat] += 1
        if seat and lag:
            room.lags[seat] = lag
        self._changed_here(game)

    def leave(self, game: GameId, seat: Seat | None, lag: Lag | None = None) -> None:
        """Stop counting a socket. The arguments are those it came with."""
        room = self._rooms[game]
        room.here[seat] -= 1
        if seat and room.lags.get(seat) == lag:
            room.lags.pop(seat, None)
        self._changed_here(game)

    def lag(self, game: GameId, seat: Seat) -> float | None:
        """The latency of the player at `seat`, in seconds; that of another server is rounded up to one of
        LAGS. None where it is not known."""
        room = self._rooms.get(game)
        if room is None:
            return None
        if (lag := room.lags.get(seat)) and (seconds := lag()) is not None:
            return seconds
        elsewhere = [count.lag[seat] for count, _ in room.elsewhere.values() if seat in count.lag]
        return max(elsewhere) / 1000 if elsewhere else None

    def heard(self, game: GameId, payload: bytes) -> None:
        """Take in a count from Redis: another server's, or the echo of our own."""
        try:
            count = msgspec.json.decode(payload, type=Count)
        except msgspec.MsgspecError:
            return
        room = self._rooms.get(game)
        if room is None or count.server == self._server:
            return
        before = room.elsewhere.get(count.server)
        room.elsewhere[count.server] = count, self._clock()
        if before is None or _told(before[0]) != _told(count):
            self._changed.add(game)
        if count.ask:
            self._to_publish.add(game)
        self._wake.set()

    async def run(self) -> None:
        """Send changes and heartbeats, and expire silent servers, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat())
            while True:
                await self._wake.wait()
                await asyncio.sleep(BATCH)
                self._wake.clear()
                self._tell()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            expired = self._clock() - EXPIRY
            for game, room in self._rooms.items():
                self._to_publish.add(game)
                if room.lags and _lag(room) != room.told_lag:
                    self._changed.add(game)
                if gone := [name for name, (_, at) in room.elsewhere.items() if at < expired]:
                    self._changed.add(game)
                    for name in gone:
                        del room.elsewhere[name]
            self._wake.set()

    def _tell(self) -> None:
        changed, self._changed = self._changed, set()
        to_publish, self._to_publish = self._to_publish, set()
        now = self._clock()
        for game in changed:
            room = self._rooms.get(game)
            if room is None:
                continue
            if room.here.total() > CROWD and now - room.told_at < CROWD_BATCH:
                self._changed.add(game)
                self._wake.set()
                continue
            room.told_at, room.told_lag = now, _lag(room)
            self._hub.deliver_presence(game, self._frame(room))
        for game in to_publish:
            if room := self._rooms.get(game):
                self._publish(game, msgspec.json.encode(self._count(room)))
                room.asked = True
                if not room.here.total():
                    del self._rooms[game]

    def _changed_here(self, game: GameId) -> None:
        self._changed.add(game)
        self._to_publish.add(game)
        self._wake.set()

    def _count(self, room: _Room) -> Count:
        connected = [seat for seat in Seat if room.here[seat]]
        return Count(self._server, room.here[None], connected, ask=not room.asked, lag=_lag(room))

    def _frame(self, room: _Room) -> Frame:
        counts = [self._count(room), *(count for count, _ in room.elsewhere.values())]
        connected = [seat for seat in Seat if any(seat in count.connected for count in counts)]
        lag = {seat: ms for count in counts for seat, ms in count.lag.items()}
        return messages.presence(sum(count.spectators for count in counts), connected, lag)


def _told(count: Count) -> tuple[int, list[Seat], dict[Seat, int]]:
    return count.spectators, count.connected, count.lag


def _lag(room: _Room) -> dict[Seat, int]:
    known = {seat: lag() for seat, lag in room.lags.items()}
    return {
        seat: next((step for step in LAGS if seconds * 1000 <= step), LAGS[-1])
        for seat, seconds in known.items()
        if seconds is not None
    }
