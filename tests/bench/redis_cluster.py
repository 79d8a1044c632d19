"""Latency of a move between two servers through a Redis Cluster, beside a single Redis."""

import contextlib
import json
from collections.abc import AsyncIterator
from itertools import cycle
from statistics import median
from time import perf_counter
from uuid import uuid4

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Stage
from tests.load.orders import orders
from tests.support.player import Api, Socket, client
from tests.support.redis_cluster import cluster


async def redis_cluster(stage: Stage) -> Outcome:
    """From a move at one server to a socket at the other, one game at a time ÷ the same through one Redis."""
    outcome = Outcome(key="redis_cluster", unit="ms", goal=Goal(1.2, at_most=True))
    async with (
        cluster(stage.folder) as nodes,
        _pair(stage, nodes.url) as through_cluster,
        _pair(stage, stage.cluster.redis_url) as through_one,
    ):
        for _ in range(stage.sizes.rounds):
            outcome.ours.append(1000 * await _p50(*through_cluster, stage.sizes.seconds))
            outcome.yardstick.append(1000 * await _p50(*through_one, stage.sizes.seconds))
    return outcome


@contextlib.asynccontextmanager
async def _pair(stage: Stage, redis_url: str) -> AsyncIterator[tuple[Api, Api]]:
    """Two servers on one database."""
    async with (
        stage.cluster.database() as name,
        stage.server(name, REDIS_URL=redis_url) as one,
        stage.server(name, REDIS_URL=redis_url) as two,
        client(one.url) as first,
        client(two.url) as second,
    ):
        yield Api(one.url, first), Api(two.url, second)


async def _p50(one: Api, two: Api, seconds: float) -> float:
    """The p50 of the moves of whole games, in seconds."""
    taken: list[float] = []
    end = perf_counter() + seconds
    for columns in cycle(orders()):
        game, yellow, red = await one.start()
        async with one.seated(game, yellow) as ada, two.seated(game, red) as grace:
            await ada.hear("presence", connected=["yellow", "red"])
            for number, column in enumerate(columns):
                mover, other = (ada, grace) if number % 2 == 0 else (grace, ada)
                taken.append(await _move(mover, other, column, 5 + number))
        if perf_counter() > end:
            return median(taken)
    raise AssertionError


async def _move(mover: Socket, other: Socket, column: int, version: int) -> float:
    frame = json.dumps({"type": "move", "id": str(uuid4()), "column": column})
    start = perf_counter()
    await mover.send_raw(frame)
    await other.hear_version(version)
    taken = perf_counter() - start
    await mover.hear_version(version)
    return taken
