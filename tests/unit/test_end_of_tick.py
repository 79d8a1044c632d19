import asyncio

import pytest

from server.serving.end_of_tick import EndOfTick


async def test_callbacks_run_at_the_end_of_the_tick_in_their_order() -> None:
    end_of_tick, done = EndOfTick(), list[int]()
    end_of_tick.call(lambda: done.append(1))
    end_of_tick.call(lambda: done.append(2))
    assert done == []
    await asyncio.sleep(0)
    assert done == [1, 2]


async def test_a_callback_deferred_by_a_callback_runs_in_the_next_tick() -> None:
    end_of_tick, done = EndOfTick(), list[int]()
    end_of_tick.call(lambda: end_of_tick.call(lambda: done.append(1)))
    await asyncio.sleep(0)
    assert done == []
    await asyncio.sleep(0)
    assert done == [1]


async def test_a_callback_that_fails_is_logged_and_the_others_run(caplog: pytest.LogCaptureFixture) -> None:
    end_of_tick, done = EndOfTick(), list[int]()
    end_of_tick.call(lambda: done.append(1 // 0))
    end_of_tick.call(lambda: done.append(2))
    await asyncio.sleep(0)
    assert done == [2]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
