"""Projections give way to those who play, in proportion to the processor time that they use."""

import asyncio

import pytest

from server.projections.pace import BATCH, BATCH_AT_REST, PLAYING, SHARE, Metered, Pace


class World:
    """A clock, and a count of commands."""

    def __init__(self) -> None:
        self.now, self.commands = 100.0, 7
        self.pace = Pace(lambda: self.commands, lambda: self.now)


def test_nobody_is_given_way_to_where_nobody_plays() -> None:
    world = World()
    assert world.pace.pause(5.0) == 0
    assert world.pace.batch == BATCH_AT_REST


def test_while_moves_are_made_the_share_of_a_processor_is_bounded() -> None:
    world = World()
    world.commands += 1
    assert world.pace.batch == BATCH
    spent = 0.01
    pause = world.pace.pause(spent)
    assert spent / (spent + pause) == pytest.approx(SHARE)
    assert SHARE <= 0.15


def test_play_is_over_a_moment_after_the_last_command() -> None:
    world = World()
    world.commands += 1
    assert world.pace.playing
    world.now += PLAYING / 2
    assert world.pace.playing
    world.now += PLAYING
    assert not world.pace.playing


class Processor:
    """The processor time of a thread that two tasks share."""

    def __init__(self) -> None:
        self.time = 0.0

    async def work(self, *steps: float) -> str:
        for step in steps:
            self.time += step
            await asyncio.sleep(0)
        return "done"


async def test_only_the_steps_of_the_work_itself_are_metered() -> None:
    processor = Processor()
    metered = Metered(processor.work(1.0, 2.0), lambda: processor.time)

    async def measure() -> str:
        return await metered

    done = await asyncio.gather(measure(), processor.work(100.0, 100.0, 100.0))
    assert list(done) == ["done", "done"]
    assert metered.spent == 3.0


async def test_what_work_raises_and_a_cancellation_pass_through_the_meter() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Metered(fail())
    cleaned_up = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.set()

    async def measure() -> None:
        await Metered(wait())

    task = asyncio.create_task(measure())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert cleaned_up.is_set()
