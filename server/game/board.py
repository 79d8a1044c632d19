"""The board as two bitboards, one for the discs of each seat.

A column takes seven bits: the lowest six are its rows from the bottom, and the seventh is always empty, so
that a shift can never carry a line of discs over into the next column:

     6 13 20 27 34 41 48    always empty
     5 12 19 26 33 40 47    row 5
     …
     0  7 14 21 28 35 42    row 0

Source: John Tromp's Fhourstones benchmark, where the layout and the shifts come from.
"""

from collections.abc import Iterator
from enum import StrEnum

from server.game.values import dataclass

COLUMNS, ROWS, CONNECT = 7, 6, 4

_STRIDE = ROWS + 1
_DIRECTIONS = (1, _STRIDE, _STRIDE - 1, _STRIDE + 1)  # up, right, right and down, right and up
_BOTTOM = [1 << column * _STRIDE for column in range(COLUMNS)]
"""The lowest cell of each column."""
_COLUMN = [bottom * ((1 << ROWS) - 1) for bottom in _BOTTOM]
"""All cells of each column."""
_BOARD = sum(_COLUMN)


class Seat(StrEnum):
    """A place at the board. Yellow moves first."""

    YELLOW = "yellow"
    RED = "red"

    @property
    def other(self) -> "Seat":
        return Seat.RED if self is Seat.YELLOW else Seat.YELLOW


SEATS = tuple(Seat)
"""Both seats, to go through in less time than the enumeration takes."""
Cell = tuple[int, int]
"""(column 0–6 from the left, row 0–5 from the bottom)"""


@dataclass(frozen=True, slots=True)
class Board:
    """The discs on the board. An empty board is `Board()`."""

    yellow: int = 0
    red: int = 0

    def has_room(self, column: int) -> bool:
        """True if fewer than six discs are in `column`."""
        return (self.yellow | self.red) & _COLUMN[column] != _COLUMN[column]

    @property
    def full(self) -> bool:
        return self.yellow | self.red == _BOARD

    def drop(self, seat: Seat, column: int) -> "Board":
        """The board after a disc of `seat` fell down `column`, which has room for it."""
        # One added at the bottom carries up to the lowest cell that is empty.
        disc = (self.yellow | self.red) + _BOTTOM[column] & _COLUMN[column]
        if seat is Seat.YELLOW:
            return Board(self.yellow | disc, self.red)
        return Board(self.yellow, self.red | disc)

    def lift(self, column: int) -> "Board":
        """The board without the uppermost disc of `column`, which has one."""
        discs = (self.yellow | self.red) & _COLUMN[column]
        kept = ~(discs ^ discs >> 1 & _COLUMN[column])
        return Board(self.yellow & kept, self.red & kept)

    def winning_cells(self, seat: Seat) -> tuple[Cell, ...]:
        """The cells of every four in a row that `seat` has, by column and row; empty where it has none.

        One disc can end two lines at once, so there may be more than four.
        """
        discs = self.yellow if seat is Seat.YELLOW else self.red
        winning = 0
        for step in _DIRECTIONS:
            pairs = discs & discs >> step
            if starts := pairs & pairs >> 2 * step:
                for place in range(CONNECT):
                    winning |= starts << place * step
        return tuple(_cells(winning)) if winning else ()

    def rows(self) -> tuple[str, ...]:
        """Six strings of seven from the top row down: `.` empty, `Y`, `R`."""
        yellow, red = self.yellow, self.red
        return tuple(
            "".join(["Y" if yellow & bit else "R" if red & bit else "." for bit in bits]) for bits in _ROWS
        )


_ROWS = [[1 << column * _STRIDE + row for column in range(COLUMNS)] for row in reversed(range(ROWS))]
"""The bits of the cells of each row, from the top row down."""


def _cells(bits: int) -> Iterator[Cell]:
    for column in range(COLUMNS):
        for row in range(ROWS):
            if bits >> column * _STRIDE + row & 1:
                yield column, row
