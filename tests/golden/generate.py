"""Writes games.jsonl: whole games as events and the states they lead to, by the rules in rules.py.

The server and the browser must fold the same. `python -m tests.golden.generate` always writes the same.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.golden import clocked
from tests.golden.rules import COLUMNS, DIRECTIONS, drop, empty, ending, four
from tests.golden.scribe import Json, Scribe

GAMES = Path(__file__).with_name("games.jsonl")
SEED = 4
WINS_OF_EACH_KIND = 20
DRAWS = 12


def play(columns: Iterator[int]) -> tuple[list[int], set[str], Json]:
    """Play until somebody wins or the board is full; columns that are full are passed over.

    Returns the moves, the directions of the fours, and the end as `GameFinished` has it.
    """
    grid = empty()
    moves: list[int] = []
    for column in columns:
        if "." not in grid[column]:
            continue
        drop(grid, column, len(moves))
        moves.append(column)
        if end := ending(grid, len(moves)):
            return moves, four(grid)[0], end
    raise AssertionError("the columns ran out")


def record(name: str, moves: list[int], end: Json | None, every_state: bool, ids: random.Random) -> Json:
    """The game as its events, and the states after them: all, or the last alone."""
    scribe = Scribe(ids)
    scribe.open(alone=not (moves or end))
    for column in moves:
        scribe.move(column)
    if end:
        scribe.finish(end)
    return scribe.game(name, every_state=every_state)


def games() -> Iterator[Json]:
    """At least 200: wins of every direction for either side, several lines at once, draws, resignations; then
    games with clocks and offers."""
    chance, ids = random.Random(SEED), random.Random(SEED)
    yield record("nobody has joined", [], None, True, ids)
    yield record(
        "nobody has moved", [], {"result": "PLAYER_TWO_WON", "by": "resignation", "cells": []}, True, ids
    )
    wanted = {
        (direction, winner): WINS_OF_EACH_KIND
        for direction in (*DIRECTIONS, "several")
        for winner in ("PLAYER_ONE_WON", "PLAYER_TWO_WON")
    } | {("draw", "TIED"): DRAWS}
    whole = dict(wanted)
    while any(wanted.values()):
        moves, directions, end = play(chance.randrange(COLUMNS) for _ in range(10_000))
        result = end["result"]
        kind = "draw" if not directions else directions.pop() if len(directions) == 1 else "several"
        if not wanted[kind, result]:
            continue
        first = wanted[kind, result] == whole[kind, result]
        wanted[kind, result] -= 1
        name = f"{kind}, {result}, in {len(moves)}"
        yield record(name, moves, end, first, ids)
        if first:
            resigned = ("PLAYER_ONE_WON", "PLAYER_TWO_WON")[len(moves) % 2]
            end = {"result": resigned, "by": "resignation", "cells": []}
            yield record(f"resigned before {name}", moves[:-1], end, False, ids)
    yield from clocked.games(chance, ids)


def main() -> None:
    with GAMES.open("w") as file:
        for game in games():
            file.write(json.dumps(game, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
