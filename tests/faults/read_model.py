"""Checks the read model of games against the log. Knows nothing of the server: only SQL and the log."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import asyncpg

from tests.faults.rules import Row

FOLDED_WITHIN = 10.0
"""Longest time until the read model has what was recorded last, in seconds: the server that ran it may have
been killed a moment before."""
LOOK_EVERY = 0.1
"""Time between two looks, in seconds."""

ROWS = "SELECT id::text, version, status, listed, moves, result, by FROM games"


Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Logs = Mapping[str, Sequence[Row]]
"""The events of each game, in order."""


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


def faults(entries: Mapping[str, Entry], logs: Logs) -> Iterator[tuple[str, str]]:
    """The games whose entry is not what the log says, each with a sentence."""
    for game in entries.keys() | {game for game, log in logs.items() if log}:
        expected = folded(logs[game]) if logs.get(game) else None
        if entries.get(game) != expected:
            yield game, f"lists say {entries.get(game)}, and the log {expected}"


async def read(
    database_url: str, logs_in: Callable[[Connection], Awaitable[Logs]]
) -> tuple[Logs, dict[str, Entry]]:
    """All logs and the read model at one moment: one at which they agree, or the last of those in which they
    had time to. A clock may run out between two moments."""
    connection = await asyncpg.connect(database_url)
    try:
        deadline = asyncio.get_running_loop().time() + FOLDED_WITHIN
        while True:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                entries = {row[0]: Entry(*row[1:]) for row in await connection.fetch(ROWS)}
                logs = await logs_in(connection)
            if not any(faults(entries, logs)) or asyncio.get_running_loop().time() > deadline:
                return logs, entries
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await connection.close()
