"""Moves a second, flat out: ours, durable and published, beside a relay in memory."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Program, Stage
from tests.load.check import check_all
from tests.load.load import Load
from tests.load.orders import mean_length
from tests.load.recorder import Latency
from tests.load.result import Options, Result
from tests.load.web import Pair
from tests.load.worker import create

RELAY = "tests.bench.relay"
FASTEST = 25_000
"""Moves/s that games are made ready for while it is not known how many there will be."""
SPARE = 1.3
"""How many more games are ready than the fastest round so far needed."""
CHECKED = 50
"""How many games of ours are held against their logs after each round."""

Make = Callable[[int], Awaitable[list[Pair]]]


class Side:
    """One of the two that are compared: has games played at it, of which enough are connected before."""

    def __init__(self, program: Program, games: int, ours: bool, fastest: float = FASTEST) -> None:
        self.program, self.games, self._ours, self._fastest = program, games, ours, fastest
        self.results: list[Result] = []

    @property
    def rates(self) -> list[float]:
        return [result.moves_per_second for result in self.results]

    async def play(self, seconds: float, warmup: float) -> Result:
        """Play one round. It is repeated with more games where they ran out."""
        while True:
            ahead = int(self._fastest * SPARE * (seconds + warmup) / mean_length())
            result = await self._play(ahead, seconds, warmup)
            if not result.starved and result.seconds > 0.99 * seconds:
                self._fastest = max([*self.rates, result.moves_per_second])
                self.results.append(result)
                return result
            self._fastest *= 2

    async def _play(self, ahead: int, seconds: float, warmup: float) -> Result:
        options = Options(
            games=self.games,
            duration=seconds,
            warmup=warmup,
            ahead=ahead,
            accepted=self._ours,
            linger=True,
        )
        load = Load(self.program.socket_url, options)
        await load.prepare(await self._make(self.games + ahead))
        await self.program.settle()
        await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
        if self._ours:
            load.result.violations += await check_all(self.program.url, load.records[:CHECKED])
        if load.result.violations or load.result.errors:
            raise RuntimeError(f"{load.result.violations[:5]} {dict(load.result.errors)}")
        await self.program.settle()
        return load.result

    async def _make(self, count: int) -> list[Pair]:
        if self._ours:
            return await create(self.program.url, count)
        return [Pair(str(uuid4()), "yellow", "red") for _ in range(count)]


async def moves_vs_memory_relay(stage: Stage, key: str, games: int) -> Outcome:
    """`games` at a time, on one server process."""
    async with stage.fresh_server() as server, stage.yardstick(RELAY) as relay:
        ours, theirs = Side(server, games, ours=True), Side(relay, games, ours=False)
        for _ in range(stage.sizes.rounds):
            for side in (ours, theirs):
                await side.play(stage.sizes.seconds, stage.sizes.warmup)
    return Outcome(
        key=key,
        unit="moves/s",
        ours=ours.rates,
        yardstick=theirs.rates,
        goal=Goal(0.9),
        details={
            "ours_p50_ms": [_p50(result) for result in ours.results],
            "yardstick_p50_ms": [_p50(result) for result in theirs.results],
            "ours_client_share": [_client_share(result) for result in ours.results],
            "yardstick_client_share": [_client_share(result) for result in theirs.results],
        },
    )


def _p50(result: Result) -> float:
    return result.histograms.of[Latency.OPPONENT].percentile(50) / 1000


def _client_share(result: Result) -> float:
    """The share of a processor that the load itself used."""
    return round(result.client_seconds / result.seconds, 3)
