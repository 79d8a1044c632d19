"""Presence: the spectators and connected seats of each game, over all servers. Not part of the log.

Each server tells the others its own count when it changes, and repeats it as a heartbeat. The count of a
server that has not been heard for a while expires.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from server.delivery.absence import SETTLE
from server.delivery.hub import Hub
from server.delivery.room import Aways, Count, Lag, Room
from server.game.board import Seat
from server.game.commands import Away
from server.game.events import GameId

BATCH = 0.05
"""Debounce time of changes, in seconds."""
CROWD, CROWD_BATCH = 100, 1.0
"""Number of sockets from which on a game's changes are debounced longer, and for how long, in seconds: each
change is sent to all of them."""
HEARTBEAT = 4.0
"""Time between two heartbeats, in seconds."""
EXPIRY = 10.0
"""Lifetime of another server's count, in seconds: two heartbeats may be lost."""

RETENTION = 10.0
"""Time for which absences are kept when nobody is here any more, in seconds: longer than a reload takes, or
to come to another server, which asks for them."""
STALL = HEARTBEAT + 3.0
"""Time between two heartbeats from which on this server counts as having been away itself, in seconds."""

_encode = msgspec.json.Encoder().encode


ClaimAt = Callable[[GameId, Seat, Away], datetime | None]
"""Returns the moment from which a player who is away has abandoned the game; None where nobody is told."""


class Presence:
    """Counts the sockets here, takes in the counts of other servers, and tells subscribers the sum.

    `server` is the name of this process, which no other has. `hears` returns whether other servers can be
    heard; `now` tells the database's time.
    """

    def __init__(
        self,
        hub: Hub,
        publish: Callable[[GameId, bytes], None],
        server: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        hears: Callable[[], bool] = lambda: True,
        claim_at: ClaimAt = lambda game, seat, away: None,
    ) -> None:
        self._hub, self._publish, self._server, self._clock = hub, publish, server, clock
        self._now, self._hears, self._claim_at = now, hears, claim_at
        self._rooms: dict[GameId, Room] = {}
        self._changed: set[GameId] = set()  # to be told here
        self._to_publish: set[GameId] = set()  # to be told to other servers
        self._wake = asyncio.Event()
        self._beat_at = clock()

    def come(self, game: GameId, seat: Seat | None, lag: Lag | None = None) -> None:
        """Count a socket at `seat`, or as a spectator if None, until `leave` is called for it."""
        room = self._rooms.get(game)
        if is_new := room is None:
            room = self._rooms[game] = Room(self._now())
            self._hub.keep(game)
            self._tell_when_settled(game)
        elif room.empty_since is not None:
            room.empty_since = None
            room.absences.look_again(self._now())
            self._tell_when_settled(game)
        room.here[seat] += 1
        if seat and lag:
            room.lags[seat] = lag
        if seat or is_new:
            room.absences.note(room.connected, self._now())
        self._changed_here(game)

    def take_seat(self, game: GameId, seat: Seat, lag: Lag | None = None) -> None:
        """Count a socket at `seat` that was counted as a spectator until now."""
        self._rooms[game].here[None] -= 1
        self.come(game, seat, lag)

    def leave(self, game: GameId, seat: Seat | None, lag: Lag | None = None, *, left: bool = False) -> None:
        """Stop counting a socket, which the client closed on purpose where `left`. The other arguments are
        those it came with."""
        room = self._rooms[game]
        room.here[seat] -= 1
        if seat and room.lags.get(seat) == lag:
            room.lags.pop(seat, None)
        if seat:
            room.absences.note(room.connected, self._now(), seat, left)
        self._changed_here(game)

    def away(self, game: GameId, seat: Seat) -> Away | None:
        """The absence of the player at `seat`; None where that is there, or where this server cannot tell."""
        room = self._rooms.get(game)
        if room is None or not self._hears() or self._clock() - self._beat_at > STALL:
            return None  # the last: it has stood still, and has not yet heard what happened meanwhile
        absence = room.absences.of(seat, self._now())
        return Away(since=absence.since, left=absence.left) if absence else None

    def begin_anew(self) -> None:
        """Begin every absence anew: messages of other servers may have been lost."""
        for room in self._rooms.values():
            room.absences.begin_anew(self._now())
        self._changed.update(game for game, room in self._rooms.items() if room.told_away)
        self._wake.set()

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
        room.absences.note(room.connected, self._now())
        room.absences.hear(count.away)
        if before is None or before[0].shown != count.shown:
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
            self._beat_at = self._clock()
            await asyncio.sleep(HEARTBEAT)
            if self._clock() - self._beat_at > STALL or not self._hears():
                self.begin_anew()
            for game, room in list(self._rooms.items()):
                self._look_after(game, room)
            self._wake.set()

    def _look_after(self, game: GameId, room: Room) -> None:
        """Have what changes by time alone told, and forget a game where nobody is any more."""
        now = self._clock()
        if room.empty_since is not None:
            if now - room.empty_since >= RETENTION:
                del self._rooms[game]
                self._hub.let_go(game)
            return
        self._to_publish.add(game)
        if room.lags and room.lag != room.told_lag:
            self._changed.add(game)
        if gone := [name for name, (_, at) in room.elsewhere.items() if at < now - EXPIRY]:
            self._changed.add(game)
            for name in gone:
                del room.elsewhere[name]
            room.absences.note(room.connected, self._now())
        if self._aways(game, room) != room.told_away:
            self._changed.add(game)

    def _tell(self) -> None:
        changed, self._changed = self._changed, set()
        to_publish, self._to_publish = self._to_publish, set()
        now, counts = self._clock(), dict[GameId, Count]()
        for game in changed:
            room = self._rooms.get(game)
            if room is None:
                continue
            if room.total > CROWD and now - room.told_at < CROWD_BATCH:
                self._changed.add(game)
                self._wake.set()
                continue
            count = counts[game] = room.count(self._server)
            room.told_at, room.told_lag, room.told_away = now, count.lag, self._aways(game, room)
            self._hub.deliver_presence(game, room.frame(count))
        for game in to_publish:
            if room := self._rooms.get(game):
                self._publish(game, _encode(counts.get(game) or room.count(self._server)))
                room.asked = True
                if not room.total and room.empty_since is None:
                    room.empty_since, room.asked = now, False
                    room.elsewhere.clear()  # nobody is heard until somebody comes again

    def _tell_when_settled(self, game: GameId) -> None:
        """Have the absences told as soon as this server calls somebody absent."""
        asyncio.get_running_loop().call_later(SETTLE.total_seconds() + BATCH, self.tell_anew, game)

    def tell_anew(self, game: GameId) -> None:
        """Have the absences told where they are other than they were told: more is known of them by now."""
        if (room := self._rooms.get(game)) and self._aways(game, room) != room.told_away:
            self._changed.add(game)
            self._wake.set()

    def _changed_here(self, game: GameId) -> None:
        if game not in self._changed or game not in self._to_publish:
            self._changed.add(game)
            self._to_publish.add(game)
            self._wake.set()

    def _aways(self, game: GameId, room: Room) -> Aways:
        """The absences by which the game can be claimed now or later."""
        aways: Aways = {}
        for seat in room.absences.seats:
            away = self.away(game, seat)
            if away and (claim_at := self._claim_at(game, seat, away)):
                aways[seat] = {"since": away.since, "claim_at": claim_at}
        return aways
