"""The processes that think for the computer player: started when somebody plays it, ended when nobody does.

They are few, and run at the lowest priority. A position for which none is free, or which takes too long, is
thought about with a smaller budget: the computer plays worse then, and not later.
"""

import asyncio
import contextlib
import json
import logging
import sys
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from server.game.engine import Level
from server.metrics import THINKERS, THOUGHTS, THOUGHTS_SMALLER, Metrics
from server.processes.budgets import Budgets
from server.tasks import Tasks

logger = logging.getLogger(__name__)

MOST = 2
"""Number of processes of a server at most."""
IDLE = 300.0
"""Time without a position after which a process is ended, in seconds."""
ATTEMPTS = 3
"""Most processes that a position is given to; each may end before it answers."""

_START = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends it
sys.path[:] = {path!r}
from server.processes.thinker import main
main()
"""


class Thought(NamedTuple):
    """The column chosen, 0–6, and the budget that led to it, in positions."""

    column: int
    nodes: int


class Think(Protocol):
    """Chooses a column after `columns` with a budget of `nodes`, or with less where it would take longer than
    `seconds`. Raises NobodyThinks."""

    async def __call__(
        self, columns: Sequence[int], level: Level, seed: int, nodes: int, seconds: float
    ) -> Thought: ...


class Thinking(Protocol):
    """Whoever thinks for the computer player."""

    @property
    def think(self) -> Think: ...

    def prepare(self) -> None:
        """Somebody is about to play."""
        ...

    def stop(self) -> None:
        """Give up what is thought about: NobodyThinks."""
        ...


class NobodyThinks(Exception):
    """The server ends, or its processes cannot be started."""


@dataclass(eq=False, slots=True)
class _Job:
    """A position to think about, until a moment of the loop's clock."""

    columns: Sequence[int]
    level: Level
    seed: int
    nodes: int
    until: float
    answer: asyncio.Future[Thought]
    attempts: int = 0

    def fail(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NobodyThinks())


class Thinkers:
    """The processes, at most `most`. While they are idle there is none of `tasks`."""

    def __init__(self, metrics: Metrics, tasks: Tasks, most: int = MOST) -> None:
        self._most, self._metrics, self._tasks = most, metrics, tasks
        self._loop = asyncio.get_running_loop()
        self._jobs: deque[_Job] = deque()
        self._idle: dict[Process, asyncio.TimerHandle] = {}
        """Processes without a position, each with the timer that ends it; who had one last comes last."""
        self._busy: set[Process] = set()
        self._number = 0
        """The number of processes, with those that are being started."""
        self._budgets = Budgets(self._loop.time())
        self._stopped = False

    async def think(
        self, columns: Sequence[int], level: Level, seed: int, nodes: int, seconds: float
    ) -> Thought:
        """See Think."""
        if self._stopped:
            raise NobodyThinks
        now = self._loop.time()
        self._budgets.note_asked(now)
        until = now + seconds
        job = _Job(columns, level, seed, nodes, until, self._loop.create_future())
        self._jobs.append(job)
        self._set_to_work()
        thought = await job.answer
        self._metrics.counts[THOUGHTS] += 1
        if thought.nodes < nodes:
            self._metrics.counts[THOUGHTS_SMALLER] += 1
        return thought

    def prepare(self) -> None:
        """Start a process if there is none: somebody is about to play."""
        if not self._number and not self._stopped:
            self._begin()

    def stop(self) -> None:
        """End all processes, and give up what they think about."""
        self._stopped = True
        for process in list(self._idle):
            self._end(process)
        for process in self._busy:
            _kill(process)  # and whoever waits for its answer ends it
        while self._jobs:
            self._jobs.popleft().fail()

    def _set_to_work(self) -> None:
        """Give the positions that wait to whoever is free."""
        if self._idle:
            process, timer = self._idle.popitem()
            timer.cancel()
            self._tasks.create_task(self._work(process))
        elif self._number < self._most:
            self._begin()

    def _begin(self) -> None:
        self._number += 1
        self._metrics.counts[THINKERS] += 1
        self._tasks.create_task(self._work(None))

    async def _work(self, process: Process | None) -> None:
        """Have `process`, or a new one, answer for as long as there are positions."""
        job: _Job | None = None
        try:
            if process is None:
                process = await _start()
            self._busy.add(process)
            while self._jobs and not self._stopped:
                job = self._jobs.popleft()
                if not job.answer.done():
                    await self._ask(process, job)
                job = None
        except (OSError, EOFError, ValueError) as error:
            if not self._stopped:
                logger.warning("a process of the computer player failed", extra={"error": repr(error)})
            await self._ended(process)
            self._give_back(job)
        else:
            self._busy.discard(process)
            self._idle[process] = self._loop.call_later(IDLE, self._end, process)
            if self._stopped:
                self._end(process)

    def _end(self, process: Process) -> None:
        """End an idle process."""
        self._idle.pop(process).cancel()
        _kill(process)
        self._tasks.create_task(self._ended(process))

    async def _ended(self, process: Process | None) -> None:
        """Wait for the end of a process; None is one that could not be started."""
        if process:
            _kill(process)
            await process.communicate()
            self._busy.discard(process)
        self._number -= 1
        self._metrics.counts[THINKERS] -= 1

    def _give_back(self, job: _Job | None) -> None:
        """A process failed at `job`, or could not be started: another one tries, ATTEMPTS times at most."""
        if job is not None:
            self._jobs.appendleft(job)
        if not self._jobs:
            return
        job = self._jobs[0]
        job.attempts += 1
        if job.attempts >= ATTEMPTS or self._stopped:
            self._jobs.popleft().fail()
        if self._jobs and not self._stopped:
            self._set_to_work()

    async def _ask(self, process: Process, job: _Job) -> None:
        """Have `process` answer `job`. Raises OSError, EOFError where it has ended."""
        assert process.stdin
        assert process.stdout
        began = self._loop.time()
        budgets = self._budgets.within(self._time_for(job, began), job.nodes, self._most)
        question = [job.columns, job.level, job.seed, budgets]
        process.stdin.write(json.dumps(question).encode() + b"\n")
        line = await process.stdout.readline()
        if not line:
            raise EOFError
        column, nodes, searched = json.loads(line)
        self._budgets.note_thought(budgets[0][0], nodes, searched, self._loop.time() - began)
        if not job.answer.done():
            job.answer.set_result(Thought(column, nodes))

    def _time_for(self, job: _Job, now: float) -> float:
        """The time that `job` may take, in seconds: what is left of it, shared with those that wait."""
        seconds = max(job.until - now, 0.0)
        if self._jobs:
            horizon = max(seconds, self._jobs[-1].until - now)
            seconds = min(seconds, horizon * self._number / (len(self._jobs) + 1))
        return seconds


async def _start() -> Process:
    """A new process. It ends when this one does. Raises OSError."""
    # In our session: Linux may share the processor out by sessions before it looks at priorities.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        "-c",
        _START.format(path=sys.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
