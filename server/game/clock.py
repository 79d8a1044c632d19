"""The arithmetic of thinking time. Times are in milliseconds, and moments are the database's.

Lag is given back within a quota, as lichess does it: each move adds to the quota what a usual connection
needs, and lag that is given back is taken from it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.game.board import Seat
from server.game.events import Clock, Thinking

FIRST_MOVE = timedelta(seconds=30)
"""Time that each player has for the first move, which takes nothing from the clock."""
FREE_MOVES = 2
"""The number of moves that take nothing from the clocks: the first of each player."""
FIRST_GAINS, MOST_GAINS = 3, 7
"""The lag quota at the start and at most, in gains of one move."""
MOST_GAIN = 1000
"""The most that one move adds to the lag quota, in milliseconds."""

_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(time: timedelta) -> int:
    """`time` in whole milliseconds, rounded down."""
    return time // _MILLISECOND


@dataclass(frozen=True, slots=True)
class Side:
    """One player's clock after a move: the time that is left, and the lag that can still be given back."""

    remaining_ms: int
    quota_ms: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks of a game. `sides` has, for each move on the board, the clock of who made it."""

    terms: Clock
    sides: tuple[Side, ...] = ()

    def side(self, seat: Seat) -> Side:
        """The clock of `seat` as its last move left it."""
        place = len(self.sides) - 1
        if place % 2 != (seat is Seat.RED):
            place -= 1
        if place < 0:
            return Side(self.terms.initial * 1000, FIRST_GAINS * self._gain)
        return self.sides[place]

    @property
    def running(self) -> bool:
        """True if the next move takes time from its player's clock."""
        return len(self.sides) >= FREE_MOVES

    def thinking(self, seat: Seat, since: datetime, at: datetime, lag_ms: int, downtime_ms: int) -> Thinking:
        """The times of a move of `seat`, which began to think at `since` and whose move arrived at `at`.

        `lag_ms` is the measured lag, of which the quota allows a part, and `downtime_ms` the time in which no
        move could have been accepted. What is left can be negative: then the time was up.
        """
        side = self.side(seat)
        if not self.running:
            return Thinking(elapsed_ms=0, lag_ms=0, remaining_ms=side.remaining_ms)
        elapsed = max(0, milliseconds(at - since))
        downtime = max(0, min(downtime_ms, elapsed))
        lag = max(0, min(lag_ms, side.quota_ms, elapsed - downtime))
        left = side.remaining_ms - (elapsed - downtime - lag)
        return Thinking(
            elapsed_ms=elapsed,
            lag_ms=lag,
            downtime_ms=downtime,
            remaining_ms=left + self.terms.increment * 1000 if left > 0 else left,
        )

    def after(self, seat: Seat, thinking: Thinking | None) -> "Clocks":
        """The clocks after a move of `seat` that took `thinking`."""
        before = self.side(seat)
        if thinking is None:  # no release records that; it takes no time
            return Clocks(self.terms, (*self.sides, before))
        quota = min(MOST_GAINS * self._gain, before.quota_ms - thinking.lag_ms + self._gain)
        return Clocks(self.terms, (*self.sides, Side(thinking.remaining_ms, quota)))

    def taken_back(self, number: int) -> "Clocks":
        """The clocks as they were before the last `number` moves."""
        return Clocks(self.terms, self.sides[: len(self.sides) - number])

    def due(self, seat: Seat, since: datetime, lag_ms: int = 0, downtime_ms: int = 0) -> datetime:
        """The moment from which a move of `seat`, which thinks since `since`, comes too late. Of `lag_ms` the
        quota allows a part."""
        if not self.running:
            return since + FIRST_MOVE + downtime_ms * _MILLISECOND
        side = self.side(seat)
        lag = max(0, min(lag_ms, side.quota_ms))
        return since + (side.remaining_ms + lag + max(0, downtime_ms)) * _MILLISECOND

    @property
    def _gain(self) -> int:
        """What each move adds to the lag quota."""
        return min(MOST_GAIN, 4 * (self.terms.initial + 20 * self.terms.increment) + 150)
