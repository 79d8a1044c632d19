"""The arithmetic of thinking time. Times are in milliseconds, and moments are the database's.

Lag is given back within a quota, as lichess does it: each move adds to the quota what a usual connection
needs, and lag that is given back is taken from it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from server.game.board import Seat
from server.game.events import Clock, Thinking
from server.game.values import dataclass

FIRST_MOVE = timedelta(seconds=30)
"""Time that each player has for the first move, which takes nothing from the clock."""
FREE_MOVES = 2
"""The number of moves that take nothing from the clocks: the first of each player."""
GRACE = timedelta(milliseconds=30)
"""Time for which a move that arrived in time may still wait in a server before it is recorded: so much later
the time is called up."""
FIRST_GAINS, MOST_GAINS = 3, 7
"""The lag quota at the start and at most, in gains of one move."""
MOST_GAIN = 1000
"""The most that one move adds to the lag quota, in milliseconds."""

_MILLISECOND = timedelta(milliseconds=1)
_RUNNING = 2 + FREE_MOVES
"""The number of `sides` from which on a move takes time."""


def milliseconds(time: timedelta) -> int:
    """`time` in whole milliseconds, rounded down."""
    return time // _MILLISECOND


class Downtime(NamedTuple):
    """A time in which no server could have taken a move."""

    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The moment at which a command arrived, and what may be given back of the time before it to whoever is
    to move: the measured lag of its connection, and downtimes, which do not overlap."""

    at: datetime
    lag_ms: int = 0
    downtimes: tuple[Downtime, ...] = ()

    def downtime_ms(self, since: datetime) -> int:
        """The downtime between `since` and the arrival."""
        down = timedelta()
        for began, ended in self.downtimes:
            down += max(timedelta(), min(ended, self.at) - max(began, since))
        return milliseconds(down)


@dataclass(frozen=True, slots=True)
class Side:
    """One player's clock after a move: the time that is left, and the lag that can still be given back."""

    remaining_ms: int
    quota_ms: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks of a game. `gain` is what each move adds to the lag quota, in milliseconds; `sides` has the
    clocks at the start, yellow's and red's, and for each move on the board the clock of who made it."""

    terms: Clock
    gain: int
    sides: tuple[Side, ...]
    opening: int = 0
    """Number of moves that the game begins with: they took no time, and `sides` has none for them."""

    @classmethod
    def at_start(cls, terms: Clock, opening: int = 0) -> "Clocks":
        """The clocks before the first move."""
        gain = min(MOST_GAIN, 4 * (terms.initial + 20 * terms.increment) + 150)
        side = Side(terms.initial * 1000, FIRST_GAINS * gain)
        return cls(terms, gain, (side, side), opening)

    def side(self, seat: Seat) -> Side:
        """The clock of `seat` as its last move left it."""
        of_last_move = Seat.RED if (len(self.sides) + self.opening) % 2 == 0 else Seat.YELLOW
        return self.sides[-1 if seat is of_last_move else -2]

    @property
    def running(self) -> bool:
        """True if the next move takes time from its player's clock."""
        return len(self.sides) >= _RUNNING

    def thinking(self, since: datetime, arrival: Arrival) -> Thinking:
        """The times of the next move, whose player began to think at `since`. Of its lag the quota allows a
        part.

        What is left can be 0 or less: then the time was up.
        """
        side = self.sides[-2]
        if len(self.sides) < _RUNNING:
            in_time = arrival.at < self.due(since, arrival)
            return Thinking(elapsed_ms=0, lag_ms=0, remaining_ms=side.remaining_ms if in_time else 0)
        elapsed = max(0, (arrival.at - since) // _MILLISECOND)
        downtime = min(arrival.downtime_ms(since), elapsed) if arrival.downtimes else 0
        lag = max(0, min(arrival.lag_ms, side.quota_ms, elapsed - downtime))
        left = side.remaining_ms - (elapsed - downtime - lag)
        return Thinking(
            elapsed_ms=elapsed,
            lag_ms=lag,
            downtime_ms=downtime,
            remaining_ms=left + self.terms.increment * 1000 if left > 0 else left,
        )

    def after(self, thinking: Thinking | None) -> "Clocks":
        """The clocks after a move that took `thinking`."""
        before = self.sides[-2]
        if thinking is None:  # no release records that; it takes no time
            return Clocks(self.terms, self.gain, (*self.sides, before), self.opening)
        quota = min(MOST_GAINS * self.gain, before.quota_ms - thinking.lag_ms + self.gain)
        return Clocks(self.terms, self.gain, (*self.sides, Side(thinking.remaining_ms, quota)), self.opening)

    def taken_back(self, number: int) -> "Clocks":
        """The clocks as they were before the last `number` moves."""
        return Clocks(self.terms, self.gain, self.sides[: len(self.sides) - number], self.opening)

    def up_at(self, since: datetime) -> datetime:
        """The moment from which the next move, whose player thinks since `since`, comes too late, if nothing
        is given back."""
        if len(self.sides) < _RUNNING:
            return since + FIRST_MOVE
        return since + self.sides[-2].remaining_ms * _MILLISECOND

    def due(self, since: datetime, arrival: Arrival) -> datetime:
        """The same with what is given back by what is known at an arrival."""
        given_back = arrival.downtime_ms(since)
        if self.running:
            given_back += max(0, min(arrival.lag_ms, self.sides[-2].quota_ms))
        return self.up_at(since) + given_back * _MILLISECOND
