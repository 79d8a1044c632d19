"""The processes that play, seen from their parent: started together, listened to, and added up."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic_ns as now

from tests.load.histogram import Slice
from tests.load.plan import Plan
from tests.load.recorder import Latency
from tests.load.result import Result, Second
from tests.load.worker import Checking, Failed, Ready, Report, work

HEAD_START = 0.2
"""Time from when all are ready to their common start, in seconds."""


class Stopped(Exception):
    """The run had to be given up."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Tick:
    """The figures of all processes in one second. `felt` is the latency from a move to its opponent, or
    another where there is none."""

    number: int
    moves: int
    felt: Slice | None
    errors: int


Show = Callable[[Tick | str], None]
"""Shows the progress of a run: a second of it, or a sentence."""


def run(plan: Plan, show: Show) -> Result:
    """Carry out `plan` in its processes. Raises Stopped."""
    crew = _Crew(plan, show)
    try:
        return crew.run()
    finally:
        crew.end()


class _Crew:
    def __init__(self, plan: Plan, show: Show) -> None:
        self._show, self.result = show, Result()
        self._pipes: list[Pipe] = []
        self._processes: list[BaseProcess] = []
        self._ready = 0
        self._games = 0
        self._seconds: dict[int, list[Second]] = {}
        context = multiprocessing.get_context("spawn")
        for number in range(plan.processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(plan.part(number), theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def run(self) -> Result:
        self._show("Creating games and connecting their sockets.")
        waiting = {*self._pipes}
        while waiting:
            for pipe in wait(list(waiting)):
                assert isinstance(pipe, multiprocessing.connection.Connection)
                try:
                    report: Report = pipe.recv()
                except EOFError:
                    raise Stopped("A process of the load generator broke.") from None
                self._take(report)
                if isinstance(report, Result):
                    waiting.discard(pipe)
        for number in sorted(self._seconds):
            self._sum_up(number)
        return self.result

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def _take(self, report: Report) -> None:
        match report:
            case Ready():
                self._ready += 1
                if self._ready == len(self._pipes):
                    start = now() + int(HEAD_START * 1e9)
                    for pipe in self._pipes:
                        pipe.send(start)
            case Second(late=True):
                self.result.histograms.add(report.number, [report.taken], late=True)
            case Second(number):
                self._seconds.setdefault(number, []).append(report)
                if len(self._seconds[number]) == len(self._pipes):
                    self._sum_up(number)
            case Checking(games):
                self._games += games
                self._show(f"Holding {self._games} games against their logs.")
            case Result():
                self.result.add(report)
            case Failed(reason):
                raise Stopped(reason)

    def _sum_up(self, number: int) -> None:
        seconds = self._seconds.pop(number)
        histograms = self.result.histograms
        histograms.add(number, [second.taken for second in seconds])
        moves = sum(second.moves for second in seconds)
        self.result.each_second.append(moves)
        errors = sum((second.errors for second in seconds), Counter[str]())
        felt = None
        for latency in Latency:
            slices = histograms.slices.get(latency)
            if slices and slices[-1].number == number and (felt is None or latency is Latency.OPPONENT):
                felt = slices[-1]
        self._show(Tick(number, moves, felt, errors.total()))
