"""The times of moves."""

from collections.abc import AsyncIterator
from time import monotonic_ns as now
from typing import cast

import pytest

from tests.load.pace import FlatOut, Schedule
from tests.load.table import Table

SECOND = 1_000_000_000
START = now() + 3600 * SECOND
"""A start so late that no timer fires during a test."""


class Moves:
    """Stands for a table, and keeps the intended times of its moves."""

    def __init__(self) -> None:
        self.intended: list[int] = []
        self.failed = False

    def move(self, intended: int) -> None:
        self.intended.append(intended)

    @property
    def table(self) -> Table:
        return cast(Table, self)


@pytest.fixture
async def ten_a_second() -> AsyncIterator[Schedule]:
    schedule = Schedule(10)
    schedule.start(START)
    yield schedule
    schedule.stop()


async def test_a_move_is_not_made_before_its_time(ten_a_second: Schedule) -> None:
    one = Moves()
    ten_a_second.ready(one.table, START - 1)
    assert one.intended == []
    ten_a_second.make_due(START)
    assert one.intended == [START]


async def test_after_a_stall_each_move_counts_from_its_own_time(ten_a_second: Schedule) -> None:
    one = Moves()
    for _ in range(3):
        ten_a_second.ready(one.table, START + 5 * SECOND)
    assert one.intended == [START, START + SECOND // 10, START + 2 * SECOND // 10]


async def test_who_is_ready_longest_moves_first(ten_a_second: Schedule) -> None:
    first, second = Moves(), Moves()
    ten_a_second.ready(first.table, START - 2)
    ten_a_second.ready(second.table, START - 1)
    ten_a_second.make_due(START)
    assert (first.intended, second.intended) == ([START], [])


async def test_a_game_that_failed_while_it_waited_takes_no_turn(ten_a_second: Schedule) -> None:
    failed, other = Moves(), Moves()
    ten_a_second.ready(failed.table, START - 2)
    ten_a_second.ready(other.table, START - 1)
    failed.failed = True
    ten_a_second.make_due(START)
    assert (failed.intended, other.intended) == ([], [START])


async def test_what_was_due_and_not_made_is_counted(ten_a_second: Schedule) -> None:
    ten_a_second.ready(Moves().table, START)
    assert ten_a_second.unmade(START + SECOND) == 9


def test_flat_out_a_table_moves_when_it_is_ready() -> None:
    early, late, pace = Moves(), Moves(), FlatOut()
    pace.ready(early.table, 1)
    assert early.intended == []
    pace.start(now())
    pace.ready(late.table, 7)
    assert (len(early.intended), late.intended) == (1, [7])
    pace.stop()
    pace.ready(late.table, 8)
    assert late.intended == [7]
