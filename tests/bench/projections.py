"""Projections: the speed of a rebuild, and what they cost those who play."""

import contextlib
import cProfile
from collections.abc import AsyncIterator
from time import perf_counter

import httpx

from server.projections import command
from tests.bench.figures import Goal, Outcome
from tests.bench.log import fill
from tests.bench.moves import GAMES
from tests.bench.replay import functions, recorded, replayed
from tests.bench.side import Side
from tests.bench.stage import Stage

WITHOUT = "tests.bench.without"
LAG = 'connect4_projection_lag_seconds{projection="games"} '


async def rebuild(stage: Stage) -> Outcome:
    """Events folded into the read model of games, in Postgres, ÷ events replayed in memory."""
    outcome = Outcome(key="rebuild", unit="events/s", goal=Goal(0.2))
    games = list(recorded())
    async with stage.cluster.database() as name:
        url = stage.cluster.url_of(name)
        await fill(stage.cluster.url_of(name, user="postgres"), stage.sizes.rebuilt_log)
        for _ in range(stage.sizes.rounds):
            outcome.ours.append(await _rebuilt(url))
            outcome.yardstick.append(replayed(games, stage.sizes.seconds))
        with cProfile.Profile() as profile:
            await _rebuilt(url)
        outcome.details |= {"events": stage.sizes.rebuilt_log, "profile": functions(profile)}
    return outcome


async def _rebuilt(url: str) -> float:
    """Rebuild once; returns the rate in events/s."""
    began = perf_counter()
    told = [progress async for progress in command.rebuild(url, "games")]
    return told[-1].events / (perf_counter() - began)


async def projection_cost(stage: Stage) -> Outcome:
    """Processor time of the server a move ÷ the same without projections. Another process runs them."""
    outcome = Outcome(key="projection_cost", unit="µs a move", goal=Goal(1.05, at_most=True))
    async with _both(stage, elsewhere=True) as (ours, without):
        for _ in range(stage.sizes.rounds):
            for side in (ours, without):
                await side.play(stage.sizes.seconds, stage.sizes.warmup)
        outcome.ours, outcome.yardstick = ours.costs, without.costs
        outcome.details |= {"ours_moves_per_second": ours.rates, "yardstick_moves_per_second": without.rates}
    return outcome


async def projection_latency(stage: Stage) -> Outcome:
    """p50 of a move at half the highest load ÷ the same without projections."""
    outcome = Outcome(key="projection_latency", unit="ms", goal=Goal(1.2, at_most=True))
    async with _both(stage, elsewhere=False) as (ours, without):
        await without.play(stage.sizes.seconds, stage.sizes.warmup)
        half = without.rates.pop() / 2
        without.results.clear()
        lags = list[float]()
        for _ in range(stage.sizes.rounds):
            for side in (ours, without):
                await side.play(stage.sizes.seconds, stage.sizes.warmup, half)
            lags.append(ours.lag)
        outcome.ours, outcome.yardstick = ours.latencies, without.latencies
        outcome.details |= {"moves_per_second": half, "lag_seconds": lags}
    return outcome


@contextlib.asynccontextmanager
async def _both(stage: Stage, elsewhere: bool) -> AsyncIterator[tuple["_Side", Side]]:
    """A server of ours, whose projections run `elsewhere` or in it, and one without any."""
    async with contextlib.AsyncExitStack() as stack:
        name = await stack.enter_async_context(stage.cluster.database())
        if elsewhere:
            await (await stack.enter_async_context(stage.server(name))).settle()
        ours = await stack.enter_async_context(stage.server(name))
        without = await stack.enter_async_context(stage.fresh_server(module=WITHOUT))
        ready_for = stage.sizes.ready_for
        yield _Side(ours, GAMES, ready_for), Side(without, GAMES, ready_for)


class _Side(Side):
    """A side whose projections are looked at when its play is over."""

    lag = 0.0
    """Age of the oldest event that was not folded then, in seconds."""

    async def measured(self) -> None:
        async with httpx.AsyncClient(base_url=self.program.url) as client:
            text = (await client.get("/metrics")).text
        [line] = [line for line in text.splitlines() if line.startswith(LAG)]
        self.lag = float(line.removeprefix(LAG))
