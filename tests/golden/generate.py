"""Writes games.jsonl: whole games as events and the states they lead to, by rules written a second time.

Nothing of the server is used here: a list of lists, gravity by looking, a four found by trying all 69 lines.
What the server and the browser fold must be what this says. `python -m tests.golden.generate` writes the same
file each time.
"""

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GAMES = Path(__file__).with_name("games.jsonl")
SEED = 4
WINS_OF_EACH_KIND = 20
DRAWS = 12

Grid = list[list[str]]  # grid[column][row], row 0 at the bottom
Json = dict[str, Any]

DIRECTIONS = {"vertical": (0, 1), "horizontal": (1, 0), "rising": (1, 1), "falling": (1, -1)}
LINES = [
    (name, [(column + place * right, row + place * up) for place in range(4)])
    for name, (right, up) in DIRECTIONS.items()
    for column in range(7)
    for row in range(6)
    if 0 <= column + 3 * right < 7 and 0 <= row + 3 * up < 6
]
assert len(LINES) == 69


def four(grid: Grid) -> tuple[set[str], list[list[int]]]:
    """The directions of the fours on the board, and their cells by column and row."""
    directions, cells = set(), set()
    for name, line in LINES:
        discs = {grid[column][row] for column, row in line}
        if discs in ({"Y"}, {"R"}):
            directions.add(name)
            cells.update(line)
    return directions, [list(cell) for cell in sorted(cells)]


def play(columns: Iterator[int]) -> tuple[list[int], set[str], list[list[int]]]:
    """Play until somebody wins or the board is full; columns that are full are passed over."""
    grid: Grid = [["."] * 6 for _ in range(7)]
    moves: list[int] = []
    for column in columns:
        if "." not in grid[column]:
            continue
        grid[column][grid[column].index(".")] = "YR"[len(moves) % 2]
        moves.append(column)
        directions, cells = four(grid)
        if cells or len(moves) == 42:
            return moves, directions, cells
    raise AssertionError("the columns ran out")


def record(name: str, moves: list[int], ending: Json | None, every_state: bool, ids: random.Random) -> Json:
    """The game as its events, and the states after them: all, or the last alone."""
    yellow, red = (str(uuid.UUID(int=ids.getrandbits(128), version=4)) for _ in range(2))
    grid: Grid = [["."] * 6 for _ in range(7)]
    state: Json = {
        "version": 0,
        "status": "waiting",
        "players": {"yellow": None, "red": None},
        "next": None,
        "board": [],
        "moves": "",
        "result": None,
        "by": None,
        "cells": [],
    }
    events: list[Json] = []
    states: dict[str, Json] = {}

    def happen(type: str, data: Json, **changes: Any) -> None:
        events.append({"version": len(events) + 1, "type": type, "data": data})
        state.update(changes, version=len(events))
        state["board"] = ["".join(grid[column][row] for column in range(7)) for row in reversed(range(6))]
        states[str(len(events))] = json.loads(json.dumps(state))

    rules = {"columns": 7, "rows": 6, "connect": 4}
    created = {"created_by": yellow, "rules": rules, "clock": None, "listed": True}
    happen("GameCreated", {**created, "rematch_of": None, "fork_of": None})
    players = {"yellow": {"player": yellow, "name": "Ada"}, "red": {"player": red, "name": "Grace"}}
    happen(
        "PlayerJoined",
        {"seat": "yellow", **players["yellow"]},
        players={"yellow": players["yellow"], "red": None},
    )
    if moves or ending:
        happen("PlayerJoined", {"seat": "red", **players["red"]}, players=players)
        happen("GameStarted", {"player_one": yellow, "player_two": red}, status="playing", next="yellow")
    for number, column in enumerate(moves):
        grid[column][grid[column].index(".")] = "YR"[number % 2]
        happen(
            "MoveMade",
            {"player": (yellow, red)[number % 2], "column": column},
            moves=state["moves"] + str(column + 1),
            next=("red", "yellow")[number % 2],
        )
    if ending:
        happen("GameFinished", ending, **ending, status="finished", next=None)
    if not every_state:
        states = {str(len(events)): states[str(len(events))]}
    return {"name": name, "events": events, "states": states}


def games() -> Iterator[Json]:
    """At least 200: wins of every direction for either side, several lines at once, draws, resignations."""
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
        moves, directions, cells = play(chance.randrange(7) for _ in range(10_000))
        result = "TIED" if not cells else ("PLAYER_TWO_WON", "PLAYER_ONE_WON")[len(moves) % 2]
        kind = "draw" if not cells else directions.pop() if len(directions) == 1 else "several"
        if not wanted[kind, result]:
            continue
        first = wanted[kind, result] == whole[kind, result]
        wanted[kind, result] -= 1
        ending = {"result": result, "by": "four" if cells else "board_full", "cells": cells}
        name = f"{kind}, {result}, in {len(moves)}"
        yield record(name, moves, ending, first, ids)
        if first:
            resigned = ("PLAYER_ONE_WON", "PLAYER_TWO_WON")[len(moves) % 2]
            ending = {"result": resigned, "by": "resignation", "cells": []}
            yield record(f"resigned before {name}", moves[:-1], ending, False, ids)


def main() -> None:
    with GAMES.open("w") as file:
        for game in games():
            file.write(json.dumps(game, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
