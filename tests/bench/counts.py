"""What a move costs that no noise changes: statements, commits, frames encoded, publishes."""

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
"""The server's own, by what they count."""
LIMITS = {(1, "statements"): 1.05, (1, "frames"): 2.1}
"""The most that a move may cost, by how many games are played at a time. One statement, and two frames: the
events and the answer. The little more is what goes on beside moves."""

Counts = dict[str, float | None]
"""Per move, by name; None where the server does not count it."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """A count that rose."""

    games: int
    name: str
    count: float
    limit: float

    def __str__(self) -> str:
        return f"{self.count:.3f} {self.name} a move at {self.games} games: more than {self.limit}"


async def count(stage: Stage, games: int) -> Counts:
    """What moves cost while `games` are played at a time."""
    async with stage.cluster.database() as name, stage.server(name) as server:
        connection = await asyncpg.connect(stage.cluster.url_of(name))
        try:
            return await _count(server, connection, games, stage.sizes.seconds)
        finally:
            await connection.close()


def too_many(games: int, counts: Counts) -> list[TooMany]:
    """Those above their limit."""
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
        if second.late:  # all is at rest, and nobody has left yet
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
    """The server's counters. Waits for the answer and lets nothing else run meanwhile."""
    with urlopen(f"{url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(values[counter]) if counter in values else None for name, counter in COUNTERS.items()}
