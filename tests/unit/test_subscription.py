"""A subscription takes each version once, in order and without a gap, however commits come."""

import asyncio
import json
from collections.abc import AsyncIterator
from operator import call

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.delivery.subscription import Subscription, read_log
from server.errors import StoreUnavailable
from server.game.events import GameId
from server.store.event_store import EMPTY, START, Head, RecordedEvent, StreamId
from server.store.history import seal
from server.tasks import Tasks
from server.wire.commits import commits
from tests.support.events import STREAM, new_moves
from tests.support.memory_players import no_names
from tests.support.memory_store import Log, MemoryStore


def record(log: Log, upto: int) -> None:
    """Append two events at a time until the stream has come to version `upto`."""
    while (head := log.head(STREAM)).version < upto:
        log.append(STREAM, head, seal(STREAM, head, new_moves(head.version, head.version)))


def store_of(length: int) -> MemoryStore:
    """A store whose stream has so many events."""
    store = MemoryStore()
    record(store.log, length)
    return store


LOG = store_of(12).log.events
COMMITS = commits(LOG, EMPTY.hash)


def versions(subscription: Subscription) -> list[int]:
    """The versions that it has taken, in that order."""
    frames = [json.loads(commit.frame.text) for commit in subscription.commits]
    return [event["version"] for frame in frames for event in frame["events"]]


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    async with Tasks() as tasks:
        yield tasks


def subscription(store: MemoryStore, tasks: Tasks) -> Subscription:
    return Subscription(store, no_names(), GameId(STREAM), tasks, call)


async def test_the_next_commit_is_taken_without_a_look_into_the_store(tasks: Tasks) -> None:
    store = store_of(2)
    reader = subscription(store, tasks)
    reader.take(COMMITS[0])
    assert reader.commits == [COMMITS[0]]
    assert store.reads == 0


async def test_a_commit_heard_twice_is_taken_once(tasks: Tasks) -> None:
    reader = subscription(store_of(2), tasks)
    reader.take(COMMITS[0])
    reader.take(COMMITS[0])
    assert versions(reader) == [1, 2]


async def test_a_gap_is_filled_from_the_store() -> None:
    async with Tasks() as tasks:
        reader = subscription(store_of(6), tasks)
        reader.take(COMMITS[2])
    assert versions(reader) == [1, 2, 3, 4, 5, 6]


async def test_a_crowd_that_comes_at_once_causes_one_read(tasks: Tasks) -> None:
    store = store_of(4)
    reader = subscription(store, tasks)
    await asyncio.gather(*(reader.catch_up() for _ in range(2000)))
    assert store.reads == 1
    assert versions(reader) == [1, 2, 3, 4]


class SlowStore(MemoryStore):
    """Reads at once, but answers only when `answer` is set."""

    def __init__(self) -> None:
        super().__init__()
        record(self.log, 2)
        self.answer = asyncio.Event()
        self.away = False

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        events = await super().read(stream_id, after, upto)
        await self.answer.wait()
        if self.away:
            raise StoreUnavailable
        return events


async def test_a_catch_up_during_a_read_waits_for_another_read(tasks: Tasks) -> None:
    """The read under way may have begun before the events that the caller knows of were recorded."""
    store = SlowStore()
    reader = subscription(store, tasks)
    first = asyncio.create_task(reader.catch_up())
    while not store.reads:
        await asyncio.sleep(0)
    record(store.log, 4)
    second = asyncio.create_task(reader.catch_up())
    await asyncio.sleep(0)
    store.answer.set()
    await first
    await second
    assert (store.reads, versions(reader)) == (2, [1, 2, 3, 4])


async def test_every_catch_up_fails_where_the_store_is_away_and_may_be_repeated(tasks: Tasks) -> None:
    store = SlowStore()
    store.away = True
    store.answer.set()
    reader = subscription(store, tasks)
    results = await asyncio.gather(*(reader.catch_up() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    store.away = False
    await reader.catch_up()
    assert versions(reader) == [1, 2]


heard = st.lists(st.integers(0, len(COMMITS) - 1), max_size=40)


@given(heard=heard, catch_ups=st.sets(st.integers(0, 40)))
async def test_lost_doubled_and_shuffled_commits_are_taken_in_order_and_once(
    heard: list[int], catch_ups: set[int]
) -> None:
    store = MemoryStore()
    async with Tasks() as tasks:
        reader = subscription(store, tasks)
        for step, index in enumerate(heard):
            record(store.log, COMMITS[index].last)  # what is heard of has been committed
            reader.take(COMMITS[index])
            if step in catch_ups:
                await reader.catch_up()
            assert versions(reader) == list(range(1, reader.version + 1))
        await reader.catch_up()
    assert versions(reader) == list(range(1, store.log.version(STREAM) + 1))


async def test_the_whole_log_can_be_read_in_parts_from_any_checkpoint() -> None:
    store = store_of(12)
    parts = [part async for part in read_log(store, START, batch=5)]
    assert [len(events) for _, events in parts] == [5, 5, 2]
    assert [event for _, events in parts for event in events] == LOG
    rest = [event async for _, events in read_log(store, parts[0][0]) for event in events]
    assert rest == LOG[5:]
