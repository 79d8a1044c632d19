"""The players of a tournament: the levels, and two that hardly think."""

import random
from collections.abc import Callable, Sequence

from server.game.engine import Level, choose
from tests.golden.rules import COLUMNS, drop, four
from tests.support.brute_force import grid_after

Player = Callable[[Sequence[int], int], int]
"""The moves so far as columns 0–6, and a seed; the column of the next."""


def at_random(columns: Sequence[int], seed: int) -> int:
    """Any column that has room."""
    grid = grid_after(columns)
    room = [column for column in range(COLUMNS) if grid[column][-1] == "."]
    return random.Random(seed * 64 + len(columns)).choice(room)


def greedy(columns: Sequence[int], seed: int) -> int:
    """Look one ply ahead: make four, or drop a disc at random."""
    for column in range(COLUMNS):
        grid = grid_after(columns)
        if grid[column][-1] == ".":
            drop(grid, column, len(columns))
            if four(grid)[1]:
                return column
    return at_random(columns, seed)


def computer(level: Level, nodes: int | None = None) -> Player:
    """The computer at this level, with this budget for a move or the usual one."""
    return lambda columns, seed: choose(columns, level, seed, nodes).column


def players(nodes: int | None = None) -> dict[str, Player]:
    """Everybody, by name. `nodes` is the budget of *hard*, if not the usual."""
    levels = {level.value: computer(level, nodes if level is Level.HARD else None) for level in Level}
    return {"random": at_random, "greedy": greedy, **levels}
