"""Function calls of the server a move: of games one after the other, and of many at a time."""

import asyncio
import json
import os
import signal
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.bench.counts import Counts
from tests.bench.side import sound
from tests.bench.stage import Program, Stage
from tests.load.load import Load
from tests.load.result import Options, Second
from tests.load.worker import create
from tests.support.player import Api, Json, client

PROFILED = "tests.bench.profiled"
GAMES = 8
"""Number of games of each kind, one after the other: so each move is a commit of its own."""
COLUMNS = "0123456012345610325"
"""The columns of the moves of each game, which nobody wins."""
KINDS: dict[str, Json] = {"calls": {}, "timed_calls": {"clock": {"initial": 180, "increment": 2}}}
"""Bodies with which games of each kind are created."""
AHEAD = 50
"""Number of further games of the count of many, which ends when they have begun, too. Not more, because their
sockets cost something while they wait, and on a slow machine they wait for long."""
LONGEST = 60.0
"""Longest duration of that count, in seconds."""


@dataclass(slots=True)
class Function:
    """A function of the server, and its calls while they were counted."""

    calls: int = 0
    seconds: float = 0.0
    """The time within itself."""
    calls_in_c: int = 0
    """The number of calls that it makes of functions in C."""


Calls = dict[str, Function]
"""By name."""


async def calls(stage: Stage) -> Counts:
    """Count the calls of a move of one game. Both kinds are played on the same server."""
    file = stage.folder / "calls"
    async with stage.fresh_server(PROFILED, CALLS=str(file)) as server, client(server.url) as http:
        api = Api(server.url, http)
        await _play(api, {}, server.pid, file)  # what happens only once happens here
        return {kind: await _calls(api, options, server.pid, file) for kind, options in KINDS.items()}


async def _calls(api: Api, options: Json, pid: int, file: Path) -> float:
    counted = [await _play(api, options, pid, file) for _ in range(GAMES)]
    return sum(counted) / len(COLUMNS) / GAMES


async def _play(api: Api, options: Json, pid: int, file: Path) -> int:
    """Play a game; returns the number of calls meanwhile."""
    game, yellow, red = await api.start(**options)
    async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
        await grace.hear("presence", connected=["yellow", "red"])
        os.kill(pid, signal.SIGUSR1)
        for number, column in enumerate(COLUMNS):
            mover = (ada, grace)[number % 2]
            await mover.hear_version(4 + number)
            answer = await mover.move(int(column))
            if answer["type"] != "accepted":
                raise RuntimeError(f"a move was answered by {answer}")
        os.kill(pid, signal.SIGUSR1)
        return total(await taken(file))


async def calls_of_many(stage: Stage, games: int) -> tuple[Calls, int]:
    """The calls while `games` are played at a time without pauses, and the number of moves meanwhile."""
    file = stage.folder / "calls"
    async with (
        stage.cluster.database() as name,
        stage.server(name, PROFILED, CALLS=str(file)) as server,
    ):
        connection = await asyncpg.connect(stage.cluster.url_of(name))
        try:
            return await _calls_of_many(server, connection, games, file)
        finally:
            await connection.close()


async def _calls_of_many(
    server: Program, connection: "asyncpg.Connection[asyncpg.Record]", games: int, file: Path
) -> tuple[Calls, int]:
    load = Load(server.socket_url, Options(games=games, duration=LONGEST, ahead=AHEAD, linger=True))
    await load.prepare(await create(server.url, games + AHEAD))
    await server.settle()
    position = await connection.fetchval("SELECT max(position) FROM events")

    def each_second(second: Second) -> None:
        if second.late:  # no move is under way, and all sockets are still connected
            os.kill(server.pid, signal.SIGUSR1)

    os.kill(server.pid, signal.SIGUSR1)
    await load.run(each_second)
    found = await taken(file)
    await sound(load, server)
    query = "SELECT count(*) FROM events WHERE type = 'MoveMade' AND position > $1"
    return found, await connection.fetchval(query, position)


async def taken(file: Path) -> Calls:
    """The content of `file`, once there is some; the file is removed."""
    while (found := _read(file)) is None:
        await asyncio.sleep(0.01)
    return found


def _read(file: Path) -> Calls | None:
    if not file.exists():
        return None
    found = defaultdict[str, Function](Function)
    for name, calls, seconds, calls_in_c in json.loads(file.read_text()):
        function = found[name]
        function.calls += calls
        function.seconds += seconds
        function.calls_in_c += calls_in_c
    file.unlink()
    return found


def total(found: Calls) -> int:
    """The number of all calls."""
    return sum(function.calls for function in found.values())
