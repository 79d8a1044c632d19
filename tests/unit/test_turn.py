import asyncio

import pytest

from server.turn import Turn


async def test_what_is_put_off_is_done_at_the_end_of_the_turn_in_its_order() -> None:
    turn, done = Turn(), list[int]()
    turn.at_end(lambda: done.append(1))
    turn.at_end(lambda: done.append(2))
    assert done == []
    await asyncio.sleep(0)
    assert done == [1, 2]


async def test_what_is_put_off_at_the_end_of_a_turn_is_done_in_the_next() -> None:
    turn, done = Turn(), list[int]()
    turn.at_end(lambda: turn.at_end(lambda: done.append(1)))
    await asyncio.sleep(0)
    assert done == []
    await asyncio.sleep(0)
    assert done == [1]


async def test_what_breaks_keeps_nothing_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    turn, done = Turn(), list[int]()
    turn.at_end(lambda: done.append(1 // 0))
    turn.at_end(lambda: done.append(2))
    await asyncio.sleep(0)
    assert done == [2]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
