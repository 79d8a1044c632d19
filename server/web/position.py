"""A position as pictures show it."""

from typing import NamedTuple

from server.game.board import Board, Cell, Seat


class Position(NamedTuple):
    """`cells` are those of a four in a row. `shining` are the seats in full colour: who is to move, or has
    won, or both."""

    board: Board
    cells: tuple[Cell, ...]
    shining: tuple[Seat, ...]
