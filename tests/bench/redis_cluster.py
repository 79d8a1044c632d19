"""Latency of a move between two servers through a Redis Cluster, beside a single Redis."""

import contextlib
import json
from collections.abc import AsyncIterator
from itertools import cycle
from statistics import median
from time import perf_counter
from uuid import uuid4

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Program, Stage
from tests.load.orders import orders
from tests.support.player import Api, Socket, client
from tests.support.redis_cluster import cluster, one_redis


async def redis_cluster(stage: Stage) -> Outcome:
    """Time from a move to a socket at the other server, one game at a time ÷ that through one Redis."""
    outcome = Outcome(key="redis_cluster", unit="ms", goal=Goal(1.2, at_most=True))
    with one_redis(stage.folder) as one:
        async with (
            cluster(stage.folder) as nodes,
            _pair(stage, nodes.url) as ours,
            _pair(stage, one) as yardstick,
        ):
            await _take_turns(stage, outcome, ours, yardstick)
    outcome.details |= {"cpu_us": ours.cpu_per_move, "cpu_us_one_redis": yardstick.cpu_per_move}
    return outcome


class _Pair:
    """Two servers on one database."""

    def __init__(self, programs: tuple[Program, Program], one: Api, two: Api) -> None:
        self._programs, self._one, self._two = programs, one, two
        self._used = 0.0
        self._moves = 0

    @property
    def cpu_per_move(self) -> float:
        """Processor time of both servers a move, in µs."""
        return 1e6 * self._used / self._moves

    async def play(self, columns: tuple[int, ...]) -> list[float]:
        """Play one game; returns what each move took, in seconds."""
        game, yellow, red = await self._one.start()
        async with self._one.seated(game, yellow) as ada, self._two.seated(game, red) as grace:
            await ada.hear("presence", connected=["yellow", "red"])
            before = sum(program.used for program in self._programs)
            taken = []
            for number, column in enumerate(columns):
                mover, other = (ada, grace) if number % 2 == 0 else (grace, ada)
                taken.append(await _move(mover, other, column, 5 + number))
            self._used += sum(program.used for program in self._programs) - before
            self._moves += len(taken)
            return taken


async def _take_turns(stage: Stage, outcome: Outcome, ours: _Pair, yardstick: _Pair) -> None:
    for _ in range(stage.sizes.rounds):
        taken: dict[_Pair, list[float]] = {ours: [], yardstick: []}
        end = perf_counter() + 2 * stage.sizes.seconds
        for pair, columns in zip(cycle(taken), cycle(orders()), strict=False):  # game by game in turn
            taken[pair] += await pair.play(columns)
            if pair is yardstick and perf_counter() > end:
                break
        outcome.ours.append(1000 * median(taken[ours]))
        outcome.yardstick.append(1000 * median(taken[yardstick]))


@contextlib.asynccontextmanager
async def _pair(stage: Stage, redis_url: str) -> AsyncIterator[_Pair]:
    async with (
        stage.cluster.database() as name,
        stage.server(name, REDIS_URL=redis_url) as one,
        stage.server(name, REDIS_URL=redis_url) as two,
        client(one.url) as first,
        client(two.url) as second,
    ):
        yield _Pair((one, two), Api(one.url, first), Api(two.url, second))


async def _move(mover: Socket, other: Socket, column: int, version: int) -> float:
    frame = json.dumps({"type": "move", "id": str(uuid4()), "column": column})
    start = perf_counter()
    await mover.send_raw(frame)
    await other.hear_version(version)
    taken = perf_counter() - start
    await mover.hear_version(version)
    return taken
