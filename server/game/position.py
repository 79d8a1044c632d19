"""A position as two bitboards, and its value: who wins it with best play, and how soon.

As a number the value is a *score*: 0 is a draw; 1 is a win by the last disc that the winner has, 2 by the one
before, and so on; the loser's score is the negative. So the sooner win is the higher score.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from server.game.board import COLUMNS
from server.game.lines import CELLS, has_four, landing


class Outcome(IntEnum):
    """The end of a game with best play, as the player to move sees it."""

    LOSS = -1
    DRAW = 0
    WIN = 1


@dataclass(frozen=True, slots=True)
class Value:
    """The end of a game with best play, and the plies until then: the winner hurries, the loser delays."""

    outcome: Outcome
    plies: int


@dataclass(frozen=True, slots=True)
class Position:
    """The discs of the player to move, and those of the other one."""

    mine: int = 0
    theirs: int = 0

    @classmethod
    def after(cls, columns: Iterable[int]) -> "Position":
        """The position after these moves, each a column 0–6. Raises ValueError where one cannot be made."""
        position = cls()
        for column in columns:
            position = position.play(column)
        return position

    @classmethod
    def of(cls, moves: str) -> "Position":
        """The position after moves as they are written, each a column 1–7: "4453"."""
        return cls.after(int(move) - 1 for move in moves)

    def play(self, column: int) -> "Position":
        """The position after a disc in `column`. Raises ValueError where there is none, or it is full."""
        disc = landing(self.mask, column) if 0 <= column < COLUMNS else 0
        if not disc:
            raise ValueError(f"No disc can be dropped in column {column}")
        return Position(self.theirs, self.mine | disc)

    @property
    def mask(self) -> int:
        """Every disc."""
        return self.mine | self.theirs

    @property
    def left(self) -> int:
        """The number of empty cells."""
        return CELLS - self.mask.bit_count()

    @property
    def over(self) -> bool:
        """True if the game has ended here, by the rules."""
        return not self.left or has_four(self.theirs)

    def columns(self) -> Iterator[int]:
        """The columns that have room, from the left."""
        return (column for column in range(COLUMNS) if landing(self.mask, column))


def value_of(score: int, left: int) -> Value:
    """The score of a position with `left` empty cells as a value."""
    if score > 0:
        return Value(Outcome.WIN, left + 1 + left % 2 - 2 * score)
    if score < 0:
        return Value(Outcome.LOSS, left + 2 - left % 2 + 2 * score)
    return Value(Outcome.DRAW, left)


def score_of(value: Value, left: int) -> int:
    """The score of a position with `left` empty cells that has this value."""
    return int(value.outcome) * ((left + 2 - value.plies) // 2)
