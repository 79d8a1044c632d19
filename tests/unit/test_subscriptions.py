"""However commits come, a subscription gives each version once, in order, without a gap."""

import json
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from server.event_store import Checkpoint, NewEvent, RecordedEvent, StreamId
from server.game.events import GameId, MoveMade
from server.messages import Commit, commits
from server.subscriptions import Subscription, read_log
from tests.support.events import STREAM, recorded
from tests.support.scenario import ADA

MOVE = MoveMade(player=ADA, column=0)
LOG = [recorded(MOVE, version, transaction_id=(version + 1) // 2) for version in range(1, 13)]
COMMITS = commits(LOG)


class ReadOnlyStore:
    """A store whose log is fixed, of which only the first `visible` events are committed yet."""

    def __init__(self, visible: int) -> None:
        self.visible = visible
        self.reads = 0

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        self.reads += 1
        return [event for event in LOG[: self.visible] if after < event.version <= (upto or self.visible)]

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return [e for e in LOG[: self.visible] if (e.transaction_id, e.position) > after][:limit]

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        raise AssertionError

    async def version(self, stream_id: StreamId) -> int:
        return self.visible

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return [stream for stream, version in versions.items() if version < self.visible]

    async def ping(self) -> None: ...


def versions(given: list[Commit]) -> list[int]:
    return [event["version"] for commit in given for event in json.loads(commit.frame)["events"]]


def subscription(store: ReadOnlyStore, after: int = 0) -> Subscription:
    return Subscription(store, GameId(STREAM), after)


async def test_the_next_commit_is_given_out_without_a_look_into_the_store() -> None:
    store = ReadOnlyStore(visible=0)
    reader = subscription(store)
    assert await reader.take(COMMITS[0]) == [COMMITS[0]]
    assert store.reads == 0


async def test_a_commit_heard_twice_is_given_out_once() -> None:
    reader = subscription(ReadOnlyStore(visible=2))
    assert await reader.take(COMMITS[0])
    assert await reader.take(COMMITS[0]) == []


async def test_a_gap_is_filled_from_the_store() -> None:
    reader = subscription(ReadOnlyStore(visible=6))
    assert versions(await reader.take(COMMITS[2])) == [1, 2, 3, 4, 5, 6]


async def test_a_reader_that_has_half_a_commit_is_given_the_other_half() -> None:
    reader = subscription(ReadOnlyStore(visible=2), after=1)
    assert versions(await reader.take(COMMITS[0])) == [2]


heard = st.lists(st.integers(0, len(COMMITS) - 1), max_size=40)


@given(heard=heard, after=st.integers(0, 12), catch_ups=st.sets(st.integers(0, 40)))
async def test_lost_doubled_and_shuffled_commits_are_given_out_in_order_and_once(
    heard: list[int], after: int, catch_ups: set[int]
) -> None:
    store = ReadOnlyStore(visible=after)
    reader = subscription(store, after)
    given_out: list[int] = []
    for step, index in enumerate(heard):
        store.visible = max(store.visible, COMMITS[index].last)  # heard of, so committed
        given_out += versions(await reader.take(COMMITS[index]))
        if step in catch_ups:
            given_out += versions(await reader.catch_up())
        assert given_out == list(range(after + 1, after + 1 + len(given_out)))
    given_out += versions(await reader.catch_up())
    assert given_out == list(range(after + 1, store.visible + 1))


async def test_the_whole_log_can_be_read_in_parts_from_any_checkpoint() -> None:
    store = ReadOnlyStore(visible=12)
    parts = [part async for part in read_log(store, Checkpoint(0, 0), batch=5)]
    assert [len(events) for _, events in parts] == [5, 5, 2]
    assert [event for _, events in parts for event in events] == LOG
    rest = [event async for _, events in read_log(store, parts[0][0]) for event in events]
    assert rest == LOG[5:]
