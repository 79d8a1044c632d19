"""Who wins a position and how soon, by trying everything; to hold the solver to.

It shares nothing with the server: the rules are those of the golden games, and no move is left out.
"""

import random
from collections.abc import Iterable

from tests.golden.rules import COLUMNS, LINES, ROWS, Grid, drop, empty, four

End = tuple[int, int]
"""1, 0 or -1 where the player to move wins, draws or loses; and the plies until the game ends."""

Cells = list[str]
"""The grid as one list, a column of ROWS cells after the other."""

FOURS = [
    [[column * ROWS + row for column, row in line] for _, line in LINES if divmod(cell, ROWS) in line]
    for cell in range(COLUMNS * ROWS)
]
"""The lines through each cell."""


def grid_after(columns: Iterable[int]) -> Grid:
    grid = empty()
    for number, column in enumerate(columns):
        drop(grid, column, number)
    return grid


def best_end(columns: Iterable[int]) -> End:
    """The end of the game after these moves, each a column 0–6, if both sides play as well as can be."""
    moves = list(columns)
    grid = grid_after(moves)
    if four(grid)[1]:
        return -1, 0
    return _best([cell for column in grid for cell in column], len(moves), {})


def _best(cells: Cells, number: int, known: dict[str, End]) -> End:
    key = "".join(cells)
    if key not in known:
        ends = [
            _after(
                cells, column * ROWS + cells[column * ROWS : column * ROWS + ROWS].index("."), number, known
            )
            for column in range(COLUMNS)
            if cells[column * ROWS + ROWS - 1] == "."
        ]
        known[key] = max(ends, key=_preference, default=(0, 0))
    return known[key]


def _after(cells: Cells, cell: int, number: int, known: dict[str, End]) -> End:
    """The end that a disc at `cell` leads to, as the player who drops it sees it."""
    disc = cells[cell] = "YR"[number % 2]
    if any(disc == cells[a] == cells[b] == cells[c] == cells[d] for a, b, c, d in FOURS[cell]):
        end = (1, 1)
    else:
        outcome, plies = _best(cells, number + 1, known)
        end = (-outcome, plies + 1)
    cells[cell] = "."
    return end


def _preference(end: End) -> End:
    """Win soon; else draw; else lose late."""
    outcome, plies = end
    return outcome, -outcome * plies


def random_game(chance: random.Random, length: int) -> list[int]:
    """Moves made at random, `length` of them, none of which wins."""
    while True:
        grid, moves = empty(), list[int]()
        while len(moves) < length and (columns := _quiet(grid, len(moves))):
            moves.append(chance.choice(columns))
            drop(grid, moves[-1], len(moves) - 1)
        if len(moves) == length:
            return moves


def _quiet(grid: Grid, number: int) -> list[int]:
    """The columns where a disc can be dropped and does not win."""
    quiet = []
    for column in range(COLUMNS):
        if grid[column][-1] == ".":
            row = grid[column].index(".")
            drop(grid, column, number)
            if not four(grid)[1]:
                quiet.append(column)
            grid[column][row] = "."
    return quiet
