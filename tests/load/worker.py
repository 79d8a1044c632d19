"""A process that plays: it prepares its part of a plan, plays it, checks it, and reports to its parent."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.connection import Connection as Pipe
from time import monotonic_ns as now

import uvloop

from tests.load.check import check_all
from tests.load.load import Load
from tests.load.plan import Plan, Scenario
from tests.load.result import Result, Second
from tests.load.spike import Spike
from tests.load.supply import first_of
from tests.load.table import Record
from tests.load.web import Pair, Site, Unreachable

CREATED_AT_ONCE = 8
"""Number of games that are created at a time."""
TOO_SHORT = 1.0
"""Remaining time that is too short for another game before a crowd, in seconds."""


@dataclass(frozen=True, slots=True)
class Ready:
    """All sockets are connected; the parent answers with the time to start at, by `time.monotonic_ns()`."""


@dataclass(frozen=True, slots=True)
class Checking:
    """The games were played; so many are being checked against their logs."""

    games: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The plan could not be carried out."""

    reason: str


Report = Ready | Second | Checking | Result | Failed
"""Reports of a worker, in this order; Result or Failed is the last. This Result has no histograms."""


def work(plan: Plan, pipe: Pipe) -> None:
    """Carry out `plan`, this process's part of a whole, and report to `pipe`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted too, and ends this process
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_Worker(plan, pipe).run())
    except* Unreachable as group:
        pipe.send(Failed(str(first_of(group))))


class _Worker:
    def __init__(self, plan: Plan, pipe: Pipe) -> None:
        self._plan, self._pipe = plan, pipe
        # Writing to a full pipe blocks, which the event loop must not.
        self._thread = ThreadPoolExecutor(1)

    async def run(self) -> None:
        with self._thread:
            match self._plan.scenario:
                case Scenario.PLAY | Scenario.STORM:
                    result = await self._play()
                case Scenario.CROWD:
                    result = await self._crowd()
                case Scenario.SPIKE:
                    result = await self._spike()
            self._tell(result)

    async def _play(self) -> Result:
        site = Site(self._plan.url)
        load = Load(self._plan.socket_url, self._plan.options, site.create)
        await load.prepare(await create(self._plan.url, self._plan.games + self._plan.needed))
        await load.run(self._tell, await self._start())
        site.close()
        return await self._checked(load.result, load.records)

    async def _crowd(self) -> Result:
        """Play one game after the other before as many spectators, who come anew for each."""
        result, start, seconds = Result(), None, 0
        while (left := self._plan.duration - result.seconds) > TOO_SHORT or start is None:
            options = replace(self._plan.options, games=1, ahead=0, everybody=True, duration=left, warmup=0)
            load = Load(self._plan.socket_url, options)
            await load.prepare(await create(self._plan.url, 1))
            start = await self._start() if start is None else now()
            await load.run(self._tell_from(seconds), start)
            seconds += ceil(load.result.seconds)
            together = result.seconds + load.result.seconds
            result.add(await self._checked(load.result, load.records))
            result.seconds = together
        return result

    async def _spike(self) -> Result:
        spike = Spike(self._plan)
        await spike.prepare(await create(self._plan.url, self._plan.games))
        await spike.run(self._tell, await self._start())
        return await self._checked(spike.result, spike.records)

    async def _start(self) -> int:
        self._tell(Ready())
        return int(await asyncio.get_running_loop().run_in_executor(self._thread, self._pipe.recv))

    async def _checked(self, result: Result, records: list[Record]) -> Result:
        self._tell(Checking(len(records)))
        result.violations += await check_all(self._plan.url, records)
        return result

    def _tell(self, report: Report) -> None:
        self._thread.submit(self._pipe.send, report)

    def _tell_from(self, first: int) -> Callable[[Second], None]:
        return lambda second: self._tell(replace(second, number=first + second.number))


async def create(url: str, count: int) -> list[Pair]:
    """Create so many games that two players have joined. Raises Unreachable, in a group."""
    pairs: list[Pair] = []
    left = iter(range(count))

    async def work() -> None:
        site = Site(url)
        for _ in left:
            pairs.append(await site.create())
        site.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CREATED_AT_ONCE):
            tasks.create_task(work())
    return pairs
