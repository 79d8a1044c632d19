"""The rules of the game a second time, to compare those of the server and the browser with.

Nothing of the server is used: a list of lists, gravity by looking, a four found by trying all 69 lines.
"""

from typing import Any

COLUMNS, ROWS = 7, 6
SEATS = ("yellow", "red")
WINNERS = {"yellow": "PLAYER_ONE_WON", "red": "PLAYER_TWO_WON"}
DRAWN = "254163621237765214571134172473734264365556"
"""A game that nobody wins, in columns from 1."""

Grid = list[list[str]]
"""`grid[column][row]`, row 0 at the bottom: "." for an empty cell, "Y" or "R" for a disc."""

DIRECTIONS = {"vertical": (0, 1), "horizontal": (1, 0), "rising": (1, 1), "falling": (1, -1)}
LINES = [
    (name, [(column + place * right, row + place * up) for place in range(4)])
    for name, (right, up) in DIRECTIONS.items()
    for column in range(COLUMNS)
    for row in range(ROWS)
    if 0 <= column + 3 * right < COLUMNS and 0 <= row + 3 * up < ROWS
]
assert len(LINES) == 69


def empty() -> Grid:
    return [["."] * ROWS for _ in range(COLUMNS)]


def drop(grid: Grid, column: int, number: int) -> None:
    """Make move `number`, from 0. Raises ValueError where the column is full or not on the board."""
    if not 0 <= column < COLUMNS:
        raise ValueError(f"there is no column {column}")
    grid[column][grid[column].index(".")] = "YR"[number % 2]


def four(grid: Grid) -> tuple[set[str], list[list[int]]]:
    """The directions of the fours on the board, and their cells by column and row."""
    directions, cells = set(), set()
    for name, line in LINES:
        column, row = line[0]
        disc = grid[column][row]
        if disc != "." and all(grid[column][row] == disc for column, row in line):
            directions.add(name)
            cells.update(line)
    return directions, [list(cell) for cell in sorted(cells)]


def ending(grid: Grid, moves: int) -> dict[str, Any] | None:
    """The end that move number `moves` has made, as `GameFinished` has it; None where the game goes on."""
    if cells := four(grid)[1]:
        return {"result": WINNERS[SEATS[(moves - 1) % 2]], "by": "four", "cells": cells}
    if moves == COLUMNS * ROWS:
        return {"result": "TIED", "by": "board_full", "cells": []}
    return None
