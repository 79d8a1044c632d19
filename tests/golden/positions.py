"""Writes positions.jsonl: positions, their values by the server's solver, and the columns that keep it.

The browser's solver must find the same. `python -m tests.golden.positions` always writes the same.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.game.position import Position, Value, score_of
from server.game.solver import Solver
from tests.golden.rules import DRAWN
from tests.support.brute_force import random_game

POSITIONS = Path(__file__).with_name("positions.jsonl")
SEED = 18
WELL_PLAYED = (
    "534146445363355432261377245522267667711711",
    "432743233336444546726627255576265571711111",
    "174472474344565762122556677635653311233211",
    "643274355445335552646666473322271",
    "515146557564233536167663221177331",
    "745243146534422324532236766367777",
    "643556623475522646562544332243317",
    "24235237454462554754577333322",
    "46515326166325337122542554477",
    "21364565744433276755664226523",
)
"""Games in which nobody walks into what is lost within four plies. Their positions are the harder ones."""
ENOUGH = 10_000_000
"""More nodes than any of them needs."""

Json = dict[str, Any]


def solved(moves: str) -> Json:
    """The position after `moves`, as a line of the file has it."""
    solver, position = Solver(), Position.of(moves)
    value = solver.value(position, ENOUGH)
    assert isinstance(value, Value)
    best = []
    if not position.over:
        score = score_of(value, position.left)
        best = [c for c in position.columns() if not solver.exceeds(position.play(c), -score, ENOUGH)]
    return {"moves": moves, "outcome": value.outcome, "plies": value.plies, "best": best}


def positions() -> Iterator[Json]:
    """Ends of games, random positions, and positions of games that are played well."""
    chance = random.Random(SEED)
    for moves in ("121212", "1212121", "4455", "44553", *(DRAWN[:length] for length in range(36, 43))):
        yield solved(moves)
    for length in (*range(14, 42), *range(14, 42)):
        yield solved(_written(random_game(chance, length)))
    for moves in WELL_PLAYED:
        for length in range(17, len(moves), 4):
            yield solved(moves[:length])


def _written(columns: list[int]) -> str:
    return "".join(str(column + 1) for column in columns)


if __name__ == "__main__":
    POSITIONS.write_text("".join(json.dumps(each, separators=(",", ":")) + "\n" for each in positions()))
