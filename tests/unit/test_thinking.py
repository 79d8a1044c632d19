"""The processes that think for the computer player: real ones."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.game.engine import Level, choose
from server.metrics import THINKERS, THOUGHTS, THOUGHTS_SMALLER, Metrics
from server.processes import thinking
from server.processes.budgets import LEAST
from server.processes.thinking import NobodyThinks, Thinkers
from server.tasks import Tasks
from tests.golden.rules import DRAWN

COLUMNS = (3, 3, 2, 3, 3, 2, 4, 4)
PATIENCE = 60.0
"""Time for a move, in seconds, that suffices on any machine."""


class Run:
    """Processes, at most one, and their figures."""

    def __init__(self, tasks: Tasks) -> None:
        self.metrics = Metrics()
        self.thinkers = Thinkers(self.metrics, tasks, most=1)

    @property
    def counted(self) -> tuple[int, int, int]:
        return tuple(self.metrics.counts[each] for each in (THINKERS, THOUGHTS, THOUGHTS_SMALLER))  # type: ignore[return-value]

    async def process(self) -> int:
        """The id of the process, once there is one."""
        while not (running := [*self.thinkers._busy, *self.thinkers._idle]):
            await asyncio.sleep(0.01)
        return running[0].pid


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    async with Tasks() as tasks:
        run = Run(tasks)
        yield run
        run.thinkers.stop()
    assert run.counted[0] == 0
    assert not tasks._tasks


def memory(pid: int) -> int:
    """The most memory that a process had, in KiB."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0])


async def test_the_column_is_that_of_the_engine(run: Run) -> None:
    for level in Level:
        thought = await run.thinkers.think(COLUMNS, level, 7, 300, PATIENCE)
        assert thought == (choose(COLUMNS, level, 7, 300).column, 300)
    assert run.counted == (1, 3, 0)


async def test_nobody_thinks_before_anybody_plays(run: Run) -> None:
    assert run.counted == (0, 0, 0)
    run.thinkers.prepare()
    run.thinkers.prepare()
    assert run.counted[0] == 1
    await run.process()


async def test_a_process_gives_way_to_all_others_and_is_small(run: Run) -> None:
    await run.thinkers.think((3, 2, 4, 4, 2, 3, 5, 1, 0, 6), Level.HARD, 7, 5000, PATIENCE)
    pid = await run.process()
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    assert memory(pid) < 64 * 1024


async def test_a_budget_that_takes_too_long_is_cut(run: Run) -> None:
    thought = await run.thinkers.think((), Level.HARD, 7, 100_000_000, 0.2)
    assert LEAST <= thought.nodes < 100_000_000
    assert thought.column == choose((), Level.HARD, 7, thought.nodes).column
    assert run.counted == (1, 1, 1)


async def test_many_positions_at_once_are_all_answered_with_smaller_budgets(run: Run) -> None:
    await run.thinkers.think(COLUMNS[:2], Level.HARD, 7, 3000, PATIENCE)  # by now it knows how fast it is
    waiting = [run.thinkers.think(COLUMNS[:2], Level.HARD, seed, 100_000, 0.3) for seed in range(30)]
    thoughts = await asyncio.gather(*waiting)
    for seed, thought in enumerate(thoughts):
        assert thought.column == choose(COLUMNS[:2], Level.HARD, seed, thought.nodes).column
    assert run.counted[1] == 31
    assert run.counted[2] > 15


async def test_in_a_crowd_budgets_are_smaller_although_there_is_time(run: Run) -> None:
    late = tuple(int(column) - 1 for column in DRAWN[:36])  # where little is left to search
    alone = await run.thinkers.think(late, Level.HARD, 7, 100_000, PATIENCE)
    crowd = [run.thinkers.think(late, Level.HARD, 7, 100_000, PATIENCE) for _ in range(100)]
    thoughts = await asyncio.gather(*crowd)
    assert alone.nodes == 100_000
    assert max(thought.nodes for thought in thoughts[1:]) < 20_000
    easy = await run.thinkers.think(late, Level.EASY, 7, 0, PATIENCE)
    assert easy.nodes == 0


@pytest.mark.parametrize("idle", [True, False])
async def test_a_process_that_dies_is_replaced(run: Run, idle: bool) -> None:
    await run.thinkers.think(COLUMNS, Level.EASY, 7, 0, PATIENCE)
    pid = await run.process()
    if idle:
        os.kill(pid, signal.SIGKILL)
        waiting = asyncio.ensure_future(run.thinkers.think(COLUMNS, Level.MEDIUM, 7, 300, PATIENCE))
    else:
        waiting = asyncio.ensure_future(run.thinkers.think(COLUMNS[:2], Level.HARD, 7, 50_000, PATIENCE))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
    thought = await waiting
    assert thought.nodes in (300, 50_000)
    assert await run.process() != pid


async def test_where_no_process_can_be_started_nobody_thinks(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    with pytest.raises(NobodyThinks):
        await run.thinkers.think(COLUMNS, Level.EASY, 7, 0, PATIENCE)


async def test_an_idle_process_is_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinking, "IDLE", 0.01)
    await run.thinkers.think(COLUMNS, Level.EASY, 7, 0, PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while run.counted[0]:
            await asyncio.sleep(0.01)


async def test_a_server_that_ends_gives_up_what_is_thought_about(run: Run) -> None:
    waiting = [
        asyncio.ensure_future(run.thinkers.think((), Level.HARD, 7, 10**9, PATIENCE)) for _ in range(3)
    ]
    await run.process()
    run.thinkers.stop()
    for each in waiting:
        with pytest.raises(NobodyThinks):
            await each
