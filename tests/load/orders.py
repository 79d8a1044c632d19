"""The games that are played: whole games of the golden file that end with a full board, or nearly so."""

from functools import cache

import msgspec

from tests.golden.generate import GAMES

SHORTEST = 36
"""The fewest moves of a game that somebody wins; drawn games have 42."""


class _Event(msgspec.Struct):
    type: str
    data: dict[str, msgspec.Raw]


class _Game(msgspec.Struct):
    events: list[_Event]


@cache
def orders() -> tuple[tuple[int, ...], ...]:
    """The columns of the moves of every game, once as recorded and once mirrored."""
    found = []
    for line in GAMES.read_bytes().splitlines():
        events = msgspec.json.decode(line, type=_Game).events
        columns = tuple(
            msgspec.json.decode(event.data["column"], type=int)
            for event in events
            if event.type == "MoveMade"
        )
        last = events[-1]
        played_out = last.type == "GameFinished" and bytes(last.data["by"]) in (b'"four"', b'"board_full"')
        if played_out and len(columns) >= SHORTEST:
            found += [columns, tuple(6 - column for column in columns)]
    return tuple(found)


def mean_length() -> float:
    """The number of moves of a game, on average."""
    return sum(map(len, orders())) / len(orders())
