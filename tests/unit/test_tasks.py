import asyncio

import pytest

from server.tasks import Tasks


async def test_leaving_the_context_waits_for_what_was_begun() -> None:
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)

    async with Tasks() as tasks:
        tasks.create_task(work())
    assert done == [1]


async def test_one_task_that_fails_is_logged_and_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    go_on, done = asyncio.Event(), list[int]()

    async def fail() -> None:
        go_on.set()
        raise ValueError("a bug")

    async def work() -> None:
        await go_on.wait()
        await asyncio.sleep(0)
        done.append(1)

    async with Tasks() as tasks:
        tasks.create_task(work())
        tasks.create_task(fail())
        await go_on.wait()
        await asyncio.sleep(0)  # the context is still whole
    assert done == [1]
    assert [record.message for record in caplog.records] == ["a task failed"]
    assert caplog.records[0].exc_info


async def test_an_error_in_the_context_cancels_what_was_begun() -> None:
    begun: list[asyncio.Task[None]] = []

    async def forever() -> None:
        await asyncio.Event().wait()

    async def owner() -> None:
        async with Tasks() as tasks:
            begun.append(tasks.create_task(forever()))
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        await owner()
    assert begun[0].cancelled()


async def test_who_is_cancelled_while_waiting_cancels_what_was_begun() -> None:
    begun: list[asyncio.Task[None]] = []
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    async def owner() -> None:
        async with Tasks() as tasks:
            begun.append(tasks.create_task(forever()))

    async with asyncio.TaskGroup() as group:
        owning = group.create_task(owner())
        await started.wait()
        owning.cancel()
    assert begun[0].cancelled()


async def test_a_callback_that_is_scheduled_from_another_thread_is_an_error() -> None:
    """Of every test: a fixture of tests/conftest.py sees to it."""
    with pytest.raises(RuntimeError, match="Non-thread-safe"):
        await asyncio.to_thread(asyncio.get_running_loop().call_soon, print)
