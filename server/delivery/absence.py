"""The absence of players from a game: since when a seat is connected to no server, as far as one knows."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from server.game.board import SEATS, Seat

SETTLE = timedelta(seconds=2)
"""Time for which a server that has only begun to look at a game calls nobody absent: others answer first."""


class Absence(msgspec.Struct, frozen=True):
    """A seat has been empty since then."""

    since: datetime
    left: bool = False
    """True if the player closed the last connection on purpose."""
    seen: bool = True
    """True if some server saw the player go; else one began to look when nobody was there."""


class Absences:
    """The absences of one game, from the moment on when a server began to look at it."""

    def __init__(self, now: datetime) -> None:
        self._looking_since = now
        self._seats: dict[Seat, Absence] = {}

    def look_again(self, now: datetime) -> None:
        """Nobody looked for a moment: the others are to answer first."""
        self._looking_since = now

    def begin_anew(self, now: datetime) -> None:
        """Nobody could be heard until now, so an absence of before may not have been one."""
        self._looking_since = now
        self._seats = {seat: Absence(now, seen=False) for seat in self._seats}

    def note(
        self, connected: Collection[Seat], now: datetime, gone: Seat | None = None, left: bool = False
    ) -> None:
        """These seats are connected by now; `gone` has just been left, on purpose where `left`."""
        for seat in SEATS:
            if seat in connected:
                self._seats.pop(seat, None)
            elif seat not in self._seats:
                self._seats[seat] = Absence(now, left=seat is gone and left, seen=seat is gone)

    def hear(self, others: Mapping[Seat, Absence]) -> None:
        """Take in what another server has seen of those that are absent here, too."""
        for seat, absence in others.items():
            own = self._seats.get(seat)
            if own and absence.seen and not own.seen:
                self._seats[seat] = absence

    @property
    def seats(self) -> list[Seat]:
        """The seats that are absent."""
        return [*self._seats]

    def known(self) -> dict[Seat, Absence]:
        """All absences, to be told to other servers."""
        return dict(self._seats)

    def of(self, seat: Seat, now: datetime) -> Absence | None:
        """The absence of the player at `seat`; None where it is connected, or where nobody can tell yet."""
        return self._seats.get(seat) if now - self._looking_since >= SETTLE else None
