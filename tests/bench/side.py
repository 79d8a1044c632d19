"""One of two servers that are compared by the moves played on them without a pause."""

from uuid import uuid4

from tests.bench.stage import Program
from tests.load.check import check_all
from tests.load.load import Load
from tests.load.orders import mean_length
from tests.load.recorder import Latency
from tests.load.result import Options, Result
from tests.load.web import Pair
from tests.load.worker import create

SPARE = 1.3
"""Games prepared for a round, as a multiple of those that the fastest round so far needed."""
CHECKED = 50
"""Number of games on our server that are checked against their logs after each round."""


class Side:
    """Plays on `program`, `games` at a time, with games prepared for `fastest` moves/s. All their sockets are
    connected before the first move and stay until the end, so that connecting costs nothing during the
    measurement.

    On our server the next move waits for `accepted` as well; the relay sends none.
    """

    def __init__(self, program: Program, games: int, fastest: float, *, ours: bool = True) -> None:
        self.program, self.games, self._fastest, self._ours = program, games, fastest, ours
        self.results: list[Result] = []
        self.costs: list[float] = []
        """Processor time of the server a move, in µs, of each round."""

    @property
    def rates(self) -> list[float]:
        """Moves/s of each round."""
        return [result.moves_per_second for result in self.results]

    @property
    def latencies(self) -> list[float]:
        """The p50 from a move to its opponent, in ms, of each round."""
        return [result.histograms.of[Latency.OPPONENT].percentile(50) / 1000 for result in self.results]

    @property
    def client_shares(self) -> list[float]:
        """The share of a processor that the load itself used, in each round."""
        return [round(result.client_seconds / result.seconds, 3) for result in self.results]

    async def play(self, seconds: float, warmup: float, rate: float | None = None) -> None:
        """Play one round, at this rate or without pauses, and again with more games where they ran out."""
        while True:
            ahead = int(self._fastest * SPARE * (seconds + warmup) / mean_length())
            result, used = await self._play(ahead, seconds, warmup, rate)
            if not result.starved and result.seconds > 0.99 * seconds:
                break
            self._fastest *= 2
        self.results.append(result)
        self.costs.append(1e6 * used / (result.moves_per_second * (seconds + warmup)))
        self._fastest = max(self.rates)

    async def measured(self) -> None:
        """Called right after a round's moves, before the server has come to rest."""

    async def _play(
        self, ahead: int, seconds: float, warmup: float, rate: float | None
    ) -> tuple[Result, float]:
        """Play; returns the result, and the processor time that the server used."""
        options = Options(
            games=self.games,
            duration=seconds,
            warmup=warmup,
            ahead=ahead,
            rate=rate,
            accepted=self._ours,
            linger=True,
        )
        load = Load(self.program.socket_url, options)
        await load.prepare(await self._make(self.games + ahead))
        await self.program.settle()
        used = self.program.used
        await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
        used = self.program.used - used
        await self.measured()
        await sound(load, self.program if self._ours else None)
        await self.program.settle()
        return load.result, used

    async def _make(self, count: int) -> list[Pair]:
        return await create(self.program.url, count) if self._ours else unrecorded(count)


def unrecorded(count: int) -> list[Pair]:
    """So many games on the relay, where a game exists as soon as somebody asks for it."""
    return [Pair(str(uuid4()), "yellow", "red") for _ in range(count)]


async def sound(load: Load, ours: Program | None) -> None:
    """Raise RuntimeError where a move failed, or where clients were told something that our log does not
    have."""
    found = load.result.violations + ([f"{dict(load.result.errors)}"] if load.result.errors else [])
    if ours:
        found += await check_all(ours.url, load.records[:CHECKED])
    if found:
        raise RuntimeError(f"the measured games have errors: {'; '.join(found[:5])}")
