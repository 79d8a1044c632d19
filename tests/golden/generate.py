"""Writes games.jsonl: whole games as events and the states they lead to, by the rules in rules.py.

The server and the browser must fold the same. `python -m tests.golden.generate` always writes the same.
"""

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.golden.rules import COLUMNS, DIRECTIONS, ROWS, drop, empty, ending, four

GAMES = Path(__file__).with_name("games.jsonl")
SEED = 4
WINS_OF_EACH_KIND = 20
DRAWS = 12

Json = dict[str, Any]


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
    yellow, red = (str(uuid.UUID(int=ids.getrandbits(128), version=4)) for _ in range(2))
    grid = empty()
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
        state["board"] = [
            "".join(grid[column][row] for column in range(COLUMNS)) for row in reversed(range(ROWS))
        ]
        states[str(len(events))] = json.loads(json.dumps(state))

    rules = {"columns": 7, "rows": 6, "connect": 4}
    created = {"created_by": yellow, "rules": rules, "clock": None, "listed": False, "rated": False}
    happen("GameCreated", {**created, "rematch_of": None, "fork_of": None})
    players = {"yellow": {"player": yellow, "name": "Ada"}, "red": {"player": red, "name": "Grace"}}
    happen(
        "PlayerJoined",
        {"seat": "yellow", **players["yellow"]},
        players={"yellow": players["yellow"], "red": None},
    )
    if moves or end:
        happen("PlayerJoined", {"seat": "red", **players["red"]}, players=players)
        happen("GameStarted", {"player_one": yellow, "player_two": red}, status="playing", next="yellow")
    for number, column in enumerate(moves):
        drop(grid, column, number)
        happen(
            "MoveMade",
            {"player": (yellow, red)[number % 2], "column": column},
            moves=state["moves"] + str(column + 1),
            next=("red", "yellow")[number % 2],
        )
    if end:
        happen("GameFinished", end, **end, status="finished", next=None)
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


def main() -> None:
    with GAMES.open("w") as file:
        for game in games():
            file.write(json.dumps(game, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
