"""The database's time, as a process whose own clock is wrong tells it."""

from datetime import UTC, datetime, timedelta

import pytest

from server.errors import NotSent
from server.store.database_clock import KEPT, ROUND_TRIPS, DatabaseClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class World:
    """A database, and a process whose clock is `ahead` of it. Statements take `there` and `back`."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.seconds, self.ahead = 100.0, ahead
        self.there = self.back = 0.001
        self.asked = 0
        self.clock = DatabaseClock(self.read, lambda: self.seconds + self.ahead)

    @property
    def time(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    async def read(self) -> datetime:
        self.asked += 1
        self.seconds += self.there
        told = self.time
        self.seconds += self.back
        return told

    @property
    def off(self) -> float:
        """The difference of what is told from what is so, in seconds."""
        return abs((self.clock.now() - self.time).total_seconds())


@pytest.mark.parametrize("ahead", [-0.2, 0.0, 0.2, 86_400.0])
async def test_it_tells_the_databases_time_whatever_the_own_clock_says(ahead: float) -> None:
    world = World(ahead)
    await world.clock.measure()
    world.seconds += 3_600
    assert world.off < 1e-5
    assert world.asked == ROUND_TRIPS


async def test_it_is_never_off_by_more_than_it_says() -> None:
    world = World()
    for world.there, world.back in ((0.0, 0.3), (0.3, 0.0), (0.05, 0.01), (0.001, 0.002)):
        await world.clock.measure()
        assert world.clock.error
        assert world.off <= world.clock.error + 1e-6
        world.seconds += 10


async def test_the_shortest_round_trip_counts_until_the_clocks_may_have_drifted() -> None:
    world = World()
    await world.clock.measure()
    world.there, world.back = 0.0, 0.08
    for _ in range(KEPT - 1):
        world.seconds += 10
        await world.clock.measure()
    assert world.off < 0.001
    await world.clock.measure()
    assert world.off == pytest.approx(0.04, abs=0.001), "the good one is too old by now"


async def test_what_cannot_be_measured_leaves_it_as_it_was() -> None:
    world = World(ahead=5.0)
    await world.clock.measure()

    async def away() -> datetime:
        raise NotSent

    world.clock._read = away
    with pytest.raises(NotSent):
        await world.clock.measure()
    assert world.off < 1e-5


async def test_before_the_first_measurement_the_error_is_not_known() -> None:
    assert World().clock.error is None


async def test_a_moment_of_the_database_is_one_of_the_process() -> None:
    world = World(ahead=5.0)
    await world.clock.measure()
    later = world.time + timedelta(seconds=7)
    assert world.clock.moment(later) == pytest.approx(world.clock.monotonic() + 7, abs=1e-5)
    assert abs(world.clock.at(world.clock.moment(later)) - later) < timedelta(microseconds=10)
