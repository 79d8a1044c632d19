"""Appends that wait at the same time are committed together, and each has an outcome of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from server.errors import NotSent, OutcomeUnknown, StoreUnavailable, WrongExpectedVersion
from server.store import group_commit
from server.store.event_store import EMPTY, NewEvent, RecordedEvent, StreamId
from server.store.group_commit import BATCH, IN_FLIGHT, MANY, Append, GroupCommit
from server.store.history import seal
from tests.support.events import METADATA

EVENT = NewEvent(type="X", schema_version=1, data={}, metadata=METADATA)


def stream(number: int) -> StreamId:
    return StreamId(UUID(int=number))


class Store:
    """Commits when `may` is set. An append to the stream `bad` fails the whole commit it is in, one to the
    stream `lost` loses its race."""

    def __init__(self) -> None:
        self.batches: list[list[StreamId]] = []
        self.under_way = self.most_under_way = 0
        self.may = asyncio.Event()
        self.may.set()
        self.bad = self.lost = stream(0)
        self.away: type[StoreUnavailable] | None = None

    async def commit(self, batch: Sequence[Append]) -> list[list[RecordedEvent] | Exception]:
        self.batches.append([append.stream_id for append in batch])
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.may.wait()
        self.under_way -= 1
        if self.away:
            raise self.away
        if self.bad in self.batches[-1]:
            raise ZeroDivisionError
        return [
            WrongExpectedVersion(append.stream_id, 0) if append.stream_id == self.lost else []
            for append in batch
        ]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def group(store: Store) -> AsyncIterator[GroupCommit]:
    group = GroupCommit(store.commit)
    async with group.running():
        yield group


async def append(group: GroupCommit, *numbers: int) -> list[object]:
    """Append to each of these streams at the same time, and return the outcomes."""
    return await asyncio.gather(
        *(group.append(stream(number), EMPTY, seal(stream(number), EMPTY, [EVENT])) for number in numbers),
        return_exceptions=True,
    )


async def some_turns() -> None:
    """Let every task go on until it has to wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def wait_until_under_way(store: Store, number: int) -> None:
    while store.under_way < number:
        await asyncio.sleep(0)


async def test_a_lone_append_waits_for_nobody(store: Store, group: GroupCommit) -> None:
    assert await append(group, 1) == [[]]
    assert store.batches == [[stream(1)]]


async def test_appends_during_a_commit_go_into_the_next(store: Store, group: GroupCommit) -> None:
    store.may.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(append(group, 1))
        await wait_until_under_way(store, 1)
        tasks.create_task(append(group, *range(10, 10 + MANY - 1)))
        await some_turns()
        assert len(store.batches) == 1
        store.may.set()
    assert store.batches == [[stream(1)], [stream(number) for number in range(10, 10 + MANY - 1)]]


async def test_where_many_wait_another_commit_begins(store: Store, group: GroupCommit) -> None:
    store.may.clear()
    async with asyncio.TaskGroup() as tasks:
        for number in range(IN_FLIGHT + 1):
            tasks.create_task(append(group, *range(1000 * number + 1, 1000 * number + 1 + MANY)))
            await some_turns()
        assert [len(batch) for batch in store.batches] == [MANY] * IN_FLIGHT, "no more are under way"
        store.may.set()
    assert [len(batch) for batch in store.batches] == [MANY] * (IN_FLIGHT + 1)


async def test_many_that_come_at_once_share_two_commits_that_overlap(
    store: Store, group: GroupCommit
) -> None:
    """Else those who come again after a commit would always share one, and the store would wait for them."""
    store.may.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(append(group, *range(1, 2 * BATCH + 1)))
        await wait_until_under_way(store, 2)
        store.may.set()
    assert [len(batch) for batch in store.batches] == [BATCH, BATCH]


async def test_a_batch_is_bounded_and_the_longest_waiting_come_first(
    store: Store, group: GroupCommit
) -> None:
    numbers = range(1, 2 * BATCH + 10)
    assert await append(group, *numbers) == [[]] * len(numbers)
    assert max(map(len, store.batches)) == BATCH
    assert [it for batch in store.batches for it in batch] == [stream(number) for number in numbers]


async def test_a_stream_is_in_one_commit_at_a_time_and_holds_up_no_other(
    store: Store, group: GroupCommit
) -> None:
    assert await append(group, 1, 1, 2, 1, 3) == [[]] * 5
    assert store.batches == [[stream(1), stream(2), stream(3)], [stream(1)], [stream(1)]]


async def test_a_lost_race_is_one_appends_own(store: Store, group: GroupCommit) -> None:
    store.lost = stream(2)
    one, two, three = await append(group, 1, 2, 3)
    assert (one, three) == ([], [])
    assert isinstance(two, WrongExpectedVersion)
    assert len(store.batches) == 1


async def test_an_append_that_breaks_the_statement_breaks_no_other(store: Store, group: GroupCommit) -> None:
    store.bad = stream(2)
    one, two, three = await append(group, 1, 2, 3)
    assert (one, three) == ([], [])
    assert isinstance(two, ZeroDivisionError)
    assert await append(group, 4) == [[]]


@pytest.mark.parametrize("away", [NotSent, OutcomeUnknown])
async def test_a_store_that_is_away_fails_every_append_and_the_next_may_try(
    store: Store, group: GroupCommit, away: type[StoreUnavailable]
) -> None:
    store.away = away
    assert [type(outcome) for outcome in await append(group, 1, 2)] == [away] * 2
    store.away = None
    assert await append(group, 1) == [[]]


async def test_with_too_many_waiting_an_append_is_refused(
    store: Store, group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "WAITING", 5)
    outcomes = await append(group, *range(1, 9))
    assert outcomes[:5] == [[]] * 5
    assert [type(outcome) for outcome in outcomes[5:]] == [NotSent] * 3


async def test_an_append_that_is_cancelled_harms_no_other(store: Store, group: GroupCommit) -> None:
    store.may.clear()
    async with asyncio.TaskGroup() as tasks:
        leaving = tasks.create_task(append(group, 1))
        staying = tasks.create_task(append(group, 2))
        await wait_until_under_way(store, 1)
        leaving.cancel()
        store.may.set()
    assert staying.result() == [[]]


async def test_an_outcome_that_cannot_be_taken_harms_no_other(
    store: Store, group: GroupCommit, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []

    def take(outcome: object) -> None:
        told.append(outcome)
        raise ZeroDivisionError

    for number in (1, 2):
        group.submit(stream(number), EMPTY, seal(stream(number), EMPTY, [EVENT]), take)
    assert told == [], "it is told later"
    assert await append(group, 3) == [[]]
    assert told == [[], []]
    assert [record.message for record in caplog.records] == ["an append's outcome could not be taken"] * 2


async def test_a_commit_is_timed_from_its_first_append(store: Store) -> None:
    committed: list[int] = []
    group = GroupCommit(store.commit, lambda nanoseconds, appends: committed.append(appends))
    async with group.running():
        await append(group, 1, 2, 3)
        await append(group, 1)
    assert committed == [3, 1]


async def test_appends_that_wait_at_the_end_fail(store: Store) -> None:
    store.may.clear()
    group = GroupCommit(store.commit)
    async with asyncio.TaskGroup() as tasks, group.running():
        asked = [tasks.create_task(append(group, number)) for number in (1, 1, 2)]  # the second waits
        await wait_until_under_way(store, 1)
    assert [type(outcome) for task in asked for outcome in task.result()] == [
        OutcomeUnknown,
        NotSent,
        OutcomeUnknown,
    ]
    assert [type(outcome) for outcome in await append(group, 3)] == [NotSent]
