"""What games against the computer cost everybody else, and themselves."""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

from tests.bench.counts import value_of
from tests.bench.figures import Goal, Outcome
from tests.bench.side import Side
from tests.bench.stage import ROOT, Program, Stage
from tests.load.recorder import Latency

COMPUTERS = 200
"""Number of games against the computer at a time."""
PEOPLE, RATE = 50, 200.0
"""Number of games between people at a time, and their moves a second in all."""
CHEAP_GAMES = 20
"""Number of games against *medium* at a time whose cost is measured."""
IDLE = 5.0
"""Time for which the server is measured while nobody plays, in seconds."""
SETTLED = 3.0
"""Time until all games against the computer are under way, in seconds."""


async def computers(stage: Stage) -> Outcome:
    """Latency of moves between people while 200 others play the computer ÷ the same without them."""
    outcome = Outcome(key="computers_200", unit="ms", goal=Goal(1.2, at_most=True))
    tails: dict[str, list[float]] = {"p99_with": [], "p99_without": []}
    against: list[Any] = []
    async with stage.fresh_server(GAMES_PER_MINUTE="1000000") as server:
        cost = await _cost_of_medium(server)
        for _ in range(stage.sizes.rounds):
            people = Side(server, PEOPLE, RATE)
            await people.play(stage.sizes.seconds, stage.sizes.warmup, RATE)
            outcome.yardstick += people.latencies
            tails["p99_without"].append(_p99(people))
            players = await _against(server, COMPUTERS, "easy", "medium", "hard")
            await asyncio.sleep(SETTLED)
            people = Crowded(server, PEOPLE, RATE)
            await people.play(stage.sizes.seconds, stage.sizes.warmup, RATE)
            outcome.ours += people.latencies
            tails["p99_with"].append(_p99(people))
            answer, _ = await players.communicate(b"")
            against.append(json.loads(answer))
        thoughts = {
            name: value_of(server.url, f"connect4_{name}_total") for name in ("thoughts", "thoughts_smaller")
        }
    outcome.details |= {**tails, "against_the_computer": against, "medium_ms_a_game": cost, **thoughts}
    return outcome


class Crowded(Side):
    """Moves on a server that does not come to rest, because others play the computer there."""

    def __init__(self, program: Program, games: int, fastest: float) -> None:
        super().__init__(_Restless(program.url, program.pid), games, fastest)


class _Restless(Program):
    async def settle(self) -> None:
        await asyncio.sleep(0.2)


def _p99(side: Side) -> float:
    return side.results[-1].histograms.of[Latency.OPPONENT].percentile(99) / 1000


async def _cost_of_medium(server: Program) -> float:
    """Processor time of the server for a game against *medium*, its processes included, in milliseconds."""
    await (await _against(server, 2, "medium", games_each=1)).communicate()  # starts the processes
    await server.settle()
    used, began = server.used, perf_counter()
    await asyncio.sleep(IDLE)
    idle = (server.used - used) / (perf_counter() - began)
    used, began = server.used, perf_counter()
    await (await _against(server, CHEAP_GAMES, "medium", games_each=1)).communicate()
    return 1000 * (server.used - used - idle * (perf_counter() - began)) / CHEAP_GAMES


async def _against(
    server: Program, games: int, *levels: str, games_each: int | None = None
) -> asyncio.subprocess.Process:
    more = ["--games-each", str(games_each)] if games_each else []
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.against", server.url, str(games), *levels, *more,
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
