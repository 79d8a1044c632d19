"""Function calls of the server a move, of games without a clock and with one."""

import asyncio
import os
import signal
from pathlib import Path

from tests.bench.counts import Counts
from tests.bench.stage import Stage
from tests.support.player import Api, Json, client

GAMES = 8
"""Number of games of each kind, one after the other: so each move is a commit of its own."""
COLUMNS = "0123456012345610325"
"""The columns of the moves of each game, which nobody wins."""
KINDS: dict[str, Json] = {"calls": {}, "timed_calls": {"clock": {"initial": 180, "increment": 2}}}
"""Bodies with which games of each kind are created."""


async def calls(stage: Stage) -> Counts:
    """Count the calls of a move. Both kinds are played on the same server."""
    file = stage.folder / "calls"
    async with (
        stage.fresh_server("tests.bench.profiled", CALLS=str(file)) as server,
        client(server.url) as http,
    ):
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
        while (number_of_calls := _taken(file)) is None:
            await asyncio.sleep(0.01)
    return number_of_calls


def _taken(file: Path) -> int | None:
    """What is in `file`, which is removed; None while there is none."""
    if not file.exists():
        return None
    number_of_calls = int(file.read_text())
    file.unlink()
    return number_of_calls
