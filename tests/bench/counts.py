"""Costs of a move that noise hardly changes: statements, commits, frames, publishes, function calls."""

from dataclasses import dataclass
from urllib.request import urlopen

import asyncpg

from tests.bench.side import sound
from tests.bench.stage import Program, Stage
from tests.load.load import Load
from tests.load.orders import mean_length
from tests.load.result import Options, Second
from tests.load.worker import create

COUNTERS = {
    "statements": "connect4_statements_total",
    "frames": "connect4_frames_encoded_total",
    "publishes": "connect4_publishes_total",
}
"""The server's counters, by name."""
LIMITS = {
    (1, "statements"): 1.05,
    (1, "frames"): 2.1,
    (1, "calls"): 350,
    (1, "timed_calls"): 375,
    (50, "calls"): 130,
}
"""Limits for a move, by the number of games at a time: one statement, and two frames, the events and the
answer. Function calls are about 305, and 22 more with a clock; 94 to 105 where many games share a commit. The
rest is for work beside moves, of which there is more in each move where the machine is slow."""

Counts = dict[str, float | None]
"""Counts for each move, by name; None where the server does not count it."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """A count above its limit."""

    games: int
    name: str
    count: float
    limit: float

    def __str__(self) -> str:
        return f"{self.count:.3f} {self.name} a move at {self.games} games: more than {self.limit}"


async def count(stage: Stage, games: int) -> Counts:
    """Count the cost of moves while `games` are played at a time."""
    async with (
        stage.cluster.database() as name,
        stage.server(name, module="tests.bench.undisturbed") as server,
    ):
        connection = await asyncpg.connect(stage.cluster.url_of(name))
        try:
            return await _count(server, connection, games, stage.sizes.seconds)
        finally:
            await connection.close()


def too_many(games: int, counts: Counts) -> list[TooMany]:
    """The counts above their limits."""
    return [
        TooMany(games, name, value, limit)
        for name, value in counts.items()
        if value is not None and (limit := LIMITS.get((games, name))) is not None and value > limit
    ]


async def _count(
    server: Program, connection: "asyncpg.Connection[asyncpg.Record]", games: int, seconds: float
) -> Counts:
    ahead = int((6_000 if games == 1 else 20_000) * seconds / mean_length())
    load = Load(server.socket_url, Options(games=games, duration=seconds, ahead=ahead, linger=True))
    await load.prepare(await create(server.url, games + ahead))
    await server.settle()
    after: dict[str, float | None] = {}

    def each_second(second: Second) -> None:
        if second.late:  # no move is under way, and all sockets are still connected
            after.update(_read(server.url))

    position = await connection.fetchval("SELECT max(position) FROM events")
    before = _read(server.url)
    await load.run(each_second)
    await sound(load, server)
    [(moves, commits)] = await connection.fetch(
        "SELECT count(*) FILTER (WHERE type = 'MoveMade'), count(DISTINCT transaction_id)"
        " FROM events WHERE position > $1",
        position,
    )
    counts: Counts = {"moves": moves, "commits": commits / moves}
    for name in COUNTERS:
        first, last = before[name], after[name]
        counts[name] = None if first is None or last is None else (last - first) / moves
    return counts


def _read(url: str) -> dict[str, float | None]:
    return {name: value_of(url, counter) for name, counter in COUNTERS.items()}


def value_of(url: str, counter: str) -> float | None:
    """Read one of the server's counters. Blocks the event loop until the answer is there."""
    with urlopen(f"{url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return float(values[counter]) if counter in values else None
