"""One game as presence sees it: who is connected here, and what other servers have told of it."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from server.delivery.absence import Absence, Absences
from server.game.board import SEATS, Seat
from server.wire import to_client
from server.wire.frame import Frame

LAGS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Latencies as they are shown, in milliseconds: in steps, so that small changes are not sent."""
Lag = Callable[[], float | None]
"""Returns the latest latency of a socket, in seconds, or None where it is not known."""
Aways = dict[Seat, dict[str, datetime]]
"""The absences that players are told of, by seat: `since`, and `claim_at`."""


class Count(msgspec.Struct, frozen=True):
    """One server's count of one game."""

    server: str
    spectators: int
    connected: list[Seat]
    ask: bool = False
    """True if other servers are asked for theirs, because this one has only now begun to count."""
    lag: dict[Seat, int] = {}
    """Latency of those at a seat, one of LAGS, where it is known."""
    away: dict[Seat, Absence] = {}
    """The absences that it knows of."""

    @property
    def shown(self) -> tuple[int, list[Seat], dict[Seat, int]]:
        """The part that subscribers see."""
        return self.spectators, self.connected, self.lag


class Room:
    """One game: the sockets here by seat (None: spectators), and the latest count of each other server."""

    def __init__(self, now: datetime) -> None:
        self.absences = Absences(now)
        self.told_away: Aways = {}
        self.empty_since: float | None = None
        self.here: dict[Seat | None, int] = dict.fromkeys((None, *SEATS), 0)
        self.lags: dict[Seat, Lag] = {}
        self.told_lag: dict[Seat, int] = {}
        self.elsewhere: dict[str, tuple[Count, float]] = {}
        self.asked = False
        self.told_at = float("-inf")

    @property
    def total(self) -> int:
        """The number of sockets here."""
        return sum(self.here.values())

    @property
    def connected(self) -> list[Seat]:
        """The seats that are connected to any server."""
        connected = [seat for seat in SEATS if self.here[seat]]
        if self.elsewhere and len(connected) < len(SEATS):
            counts = [count for count, _ in self.elsewhere.values()]
            return [seat for seat in SEATS if self.here[seat] or any(seat in it.connected for it in counts)]
        return connected

    @property
    def lag(self) -> dict[Seat, int]:
        """Latency of those at a seat here, one of LAGS, where it is known."""
        known = {seat: lag() for seat, lag in self.lags.items()}
        return {
            seat: next((step for step in LAGS if seconds * 1000 <= step), LAGS[-1])
            for seat, seconds in known.items()
            if seconds is not None
        }

    def count(self, server: str) -> Count:
        """The count of this server, whose name is `server`."""
        connected = [seat for seat in SEATS if self.here[seat]]
        return Count(
            server,
            self.here[None],
            connected,
            ask=not self.asked,
            lag=self.lag,
            away=self.absences.known(),
        )

    def frame(self, here: Count) -> Frame:
        """The frame that tells the sum of all servers, where this one counts those who are `here`."""
        if not self.elsewhere:
            return to_client.presence(here.spectators, here.connected, here.lag, self.told_away)
        counts = [here, *(count for count, _ in self.elsewhere.values())]
        lag = {seat: ms for count in counts for seat, ms in count.lag.items()}
        spectators = sum(count.spectators for count in counts)
        return to_client.presence(spectators, self.connected, lag, self.told_away)
