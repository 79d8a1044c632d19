"""Checks the read model of games against the log. Knows nothing of the server: only SQL and the log."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import asyncpg

from tests.faults.rules import Row

FOLDED_WITHIN = 10.0
"""Longest time until the read model has what was recorded last, in seconds: the server that ran it may have
been killed a moment before."""
LOOK_EVERY = 0.1
"""Time between two looks, in seconds."""

ROWS = "SELECT id::text, version, status, listed, moves, result, by FROM games"


class Entry(NamedTuple):
    """What lists say of a game."""

    version: int
    status: str
    listed: bool
    moves: str
    result: str | None
    by: str | None


def folded(log: Sequence[Row]) -> Entry:
    """The entry of the game with this log."""
    status, listed, moves, result, by = "waiting", False, "", None, None
    for row in log:
        match row.type:
            case "GameCreated":
                listed = row.data["listed"] and "rated" in row.data
            case "GameStarted":
                status = "playing"
            case "MoveMade":
                moves += str(row.data["column"] + 1)
            case "MovesTakenBack":
                moves = moves[: -row.data["number"]]
            case "GameAborted":
                status, by = "finished", row.data["by"]
            case "GameFinished":
                status, result, by = "finished", row.data["result"], row.data["by"]
    return Entry(log[-1].version, status, listed, moves, result, by)


def faults(entries: Mapping[str, Entry], logs: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str]]:
    """The games whose entry is not what the log says, each with a sentence."""
    for game in entries.keys() | {game for game, log in logs.items() if log}:
        expected = folded(logs[game]) if logs.get(game) else None
        if entries.get(game) != expected:
            yield game, f"lists say {entries.get(game)}, and the log {expected}"


async def read(database_url: str, logs: Mapping[str, Sequence[Row]]) -> dict[str, Entry]:
    """The read model, once it is as `logs`; where it does not come to that in time, as it is."""
    connection = await asyncpg.connect(database_url)
    try:
        deadline = asyncio.get_running_loop().time() + FOLDED_WITHIN
        while True:
            entries = {row[0]: Entry(*row[1:]) for row in await connection.fetch(ROWS)}
            if not any(faults(entries, logs)) or asyncio.get_running_loop().time() > deadline:
                return entries
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await connection.close()
