"""The contract of an EventStore: of the real one, on Postgres, and of those that replace it in tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from uuid import uuid4

import pytest
from msgspec.structs import replace

from server.delivery.subscription import read_log
from server.errors import HistoryChanged, WrongExpectedVersion
from server.game.board import Seat
from server.game.events import Ending, GameFinished, PlayerJoined, Result
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import EMPTY, START, Checkpoint, EventStore, Head, RecordedEvent, StreamId
from server.store.history import seal
from tests.simulation import faults
from tests.simulation.store import Log, SimulatedStore
from tests.simulation.world import World
from tests.support.cluster import Cluster
from tests.support.events import METADATA, columns, new_moves, versions
from tests.support.memory_store import MemoryStore
from tests.support.scenario import ADA

OpenStore = Callable[[Cluster], AbstractAsyncContextManager[EventStore]]


@asynccontextmanager
async def on_postgres(cluster: Cluster) -> AsyncIterator[EventStore]:
    async with (
        cluster.database() as name,
        Database.at(cluster.url_of(name), size=20) as database,
        postgres.event_store(database, codec.upcast) as store,
    ):
        yield store


@asynccontextmanager
async def in_memory(cluster: Cluster) -> AsyncIterator[EventStore]:
    yield MemoryStore()


@asynccontextmanager
async def simulated(cluster: Cluster) -> AsyncIterator[EventStore]:
    """A simulated store in a world without faults, on real time."""
    world = World(Random(1), faults.choose(Random(1), processes=False), asyncio.get_running_loop())
    store = SimulatedStore(world, Log(world))
    async with store.running():
        yield store


@pytest.fixture(scope="module", params=[on_postgres, in_memory, simulated], ids=lambda open: open.__name__)
async def store(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncIterator[EventStore]:
    """A store for all tests of one kind, each of which has streams of its own."""
    open_store: OpenStore = request.param
    async with open_store(cluster) as store:
        yield store


@pytest.fixture
def stream() -> StreamId:
    return StreamId(uuid4())


async def head(store: EventStore, stream: StreamId) -> Head:
    """The head of the stream now."""
    events = await store.read(stream)
    return events[-1].head if events else EMPTY


def checkpoint(event: RecordedEvent) -> Checkpoint:
    return Checkpoint(event.transaction_id, event.position)


# Appending ------------------------------------------------------------------------------------------------


async def test_events_are_read_as_they_were_appended(store: EventStore, stream: StreamId) -> None:
    appended = await store.append(stream, EMPTY, new_moves(3, 4))
    assert await store.read(stream) == appended
    assert versions(appended) == [1, 2]
    assert columns(appended) == [3, 4]
    assert {event.stream_id for event in appended} == {stream}
    assert appended[0].recorded_at.tzinfo


async def test_any_text_comes_back_and_data_is_json(store: EventStore, stream: StreamId) -> None:
    joined = PlayerJoined(seat=Seat.RED, player=ADA, name='Ада \\ "\U0001f600" \u2028')
    finished = GameFinished(result=Result.PLAYER_ONE_WON, by=Ending.FOUR, cells=((0, 0), (0, 1)))
    appended = await store.append(
        stream, EMPTY, [codec.encode(event, METADATA) for event in (joined, finished)]
    )
    read = await store.read(stream)
    assert [codec.decode(event) for event in read] == [joined, finished]
    assert read[1].data["cells"] == [[0, 0], [0, 1]], "a tuple is an array in JSON, and comes back as a list"
    assert read == [appended[0], replace(appended[1], data=read[1].data)]


async def test_events_appended_together_share_their_transaction_and_their_time(
    store: EventStore, stream: StreamId
) -> None:
    first, second, later = [
        *await store.append(stream, EMPTY, new_moves(3, 4)),
        *await store.append(stream, await head(store, stream), new_moves(5)),
    ]
    assert (first.transaction_id, first.recorded_at) == (second.transaction_id, second.recorded_at)
    assert first.transaction_id < later.transaction_id
    assert first.position < second.position < later.position


async def test_streams_do_not_touch_each_other(store: EventStore, stream: StreamId) -> None:
    other = StreamId(uuid4())
    await store.append(stream, EMPTY, new_moves(0, 1))
    await store.append(other, EMPTY, new_moves(6))
    assert columns(await store.read(stream)) == [0, 1]
    assert columns(await store.read(other)) == [6]


@pytest.mark.parametrize("expected", [0, 1, 2, 4, 1000])
@pytest.mark.parametrize("size", [1, 2])
async def test_an_append_is_refused_at_any_version_but_the_streams(
    store: EventStore, stream: StreamId, expected: int, size: int
) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1, 2))
    with pytest.raises(WrongExpectedVersion, match=f"{stream} is not at version {expected}"):
        await store.append(stream, Head(expected, bytes(32)), new_moves(*[6] * size))
    assert columns(await store.read(stream)) == [0, 1, 2]


@pytest.mark.parametrize("expected", [1, 7])
@pytest.mark.parametrize("size", [1, 2])
async def test_an_append_behind_the_end_of_an_empty_stream_is_refused(
    store: EventStore, stream: StreamId, expected: int, size: int
) -> None:
    with pytest.raises(WrongExpectedVersion):
        await store.append(stream, Head(expected, bytes(32)), new_moves(*[6] * size))
    assert await store.read(stream) == []


async def test_an_append_without_events_is_an_error(store: EventStore, stream: StreamId) -> None:
    for expected in (0, 1):
        with pytest.raises(ValueError, match="nothing to append"):
            await store.append(stream, Head(expected, bytes(32)), [])
    assert await store.version(stream) == 0


@pytest.mark.parametrize("size", [1, 2])
async def test_of_20_writers_at_one_version_exactly_one_wins(
    store: EventStore, stream: StreamId, size: int
) -> None:
    [first] = await store.append(stream, EMPTY, new_moves(0))
    results = await asyncio.gather(
        *(store.append(stream, first.head, new_moves(*[writer] * size)) for writer in range(20)),
        return_exceptions=True,
    )
    won = [result for result in results if isinstance(result, list)]
    assert len(won) == 1
    assert [type(result) for result in results].count(WrongExpectedVersion) == 19
    log = await store.read(stream)
    assert versions(log) == list(range(1, size + 2))
    assert log[1:] == won[0]


async def test_of_appends_to_many_streams_at_once_each_wins_or_loses_alone(store: EventStore) -> None:
    streams = [StreamId(uuid4()) for _ in range(30)]
    wrong = [number % 3 == 0 for number in range(30)]
    results = await asyncio.gather(
        *(
            store.append(stream, Head(int(bad), bytes(32)), new_moves(0, 1))
            for stream, bad in zip(streams, wrong, strict=True)
        ),
        return_exceptions=True,
    )
    assert [isinstance(result, WrongExpectedVersion) for result in results] == wrong
    assert [await store.version(stream) for stream in streams] == [0 if bad else 2 for bad in wrong]


async def test_writers_that_decide_again_all_succeed_once(store: EventStore, stream: StreamId) -> None:
    async def write(writer: int) -> None:
        while True:
            try:
                await store.append(stream, await head(store, stream), new_moves(writer, writer))
                return
            except WrongExpectedVersion:
                continue

    await asyncio.gather(*(write(writer) for writer in range(8)))
    log = await store.read(stream)
    assert versions(log) == list(range(1, 17))
    assert sorted(columns(log)[::2]) == list(range(8))
    assert columns(log)[::2] == columns(log)[1::2], "events appended together stay together"


# Reading a stream -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "upto", "expected"),
    [
        (0, None, [1, 2, 3, 4, 5]),
        (2, None, [3, 4, 5]),
        (5, None, []),
        (9, None, []),
        (0, 0, []),
        (0, 2, [1, 2]),
        (1, 3, [2, 3]),
        (3, 3, []),
        (4, 2, []),
        (3, 9, [4, 5]),
    ],
)
async def test_a_read_gives_the_versions_above_after_and_up_to_upto(
    store: EventStore, stream: StreamId, after: int, upto: int | None, expected: list[int]
) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1, 2))
    await store.append(stream, await head(store, stream), new_moves(3, 4))
    assert versions(await store.read(stream, Head(after, None), upto)) == expected


async def test_a_stream_without_events_is_empty(store: EventStore, stream: StreamId) -> None:
    assert await store.read(stream) == []
    assert await store.read(stream, Head(3, None)) == []
    assert await store.read(stream, upto=0) == []
    assert await store.version(stream) == 0


async def test_the_version_is_that_of_the_last_event(store: EventStore, stream: StreamId) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1))
    assert await store.version(stream) == 2
    await store.append(stream, await head(store, stream), new_moves(2))
    assert await store.version(stream) == 3


async def test_the_streams_whose_last_event_is_another_are_found_in_one_look(store: EventStore) -> None:
    empty, one, two = streams = [StreamId(uuid4()) for _ in range(3)]
    heads = {stream: EMPTY for stream in streams}
    for length, stream in enumerate(streams):
        if length:
            heads[stream] = (await store.append(stream, EMPTY, new_moves(*range(length))))[-1].head
    [first, _] = await store.read(two)
    assert await store.moved({}) == []
    assert await store.moved(heads) == []
    assert set(await store.moved({empty: EMPTY, one: EMPTY, two: first.head})) == {one, two}, "they have more"
    assert await store.moved({two: EMPTY}) == [two], "however much more it has"
    gone = {empty: heads[one], two: Head(5, bytes(32))}
    assert set(await store.moved(gone)) == {empty, two}, "they do not have that event"
    assert await store.moved({two: Head(2, bytes(32))}) == [two], "they have another event there"


# Heads ----------------------------------------------------------------------------------------------------


async def test_each_event_has_the_hash_over_the_stream_up_to_it(store: EventStore, stream: StreamId) -> None:
    appended = await store.append(stream, EMPTY, new_moves(0, 1))
    appended += await store.append(stream, appended[-1].head, new_moves(2))
    sealed = seal(stream, EMPTY, new_moves(0, 1, 2))
    assert [event.hash for event in appended] == [event.hash for event in sealed]
    for read in (await store.read(stream), await store.record(stream)):
        assert [event.head for event in read] == [event.head for event in appended]
    assert await store.read(stream, appended[0].head) == appended[1:]


@pytest.mark.parametrize("size", [1, 2])
async def test_an_append_behind_another_event_of_the_same_version_is_refused(
    store: EventStore, stream: StreamId, size: int
) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1))
    another = seal(stream, EMPTY, new_moves(0, 6))[-1]
    with pytest.raises(WrongExpectedVersion):
        await store.append(stream, Head(2, another.hash), new_moves(*[2] * size))
    assert columns(await store.read(stream)) == [0, 1]


@pytest.mark.parametrize("version", [1, 2, 3, 9])
async def test_a_read_behind_an_event_that_the_stream_does_not_have_says_so(
    store: EventStore, stream: StreamId, version: int
) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1))
    with pytest.raises(HistoryChanged, match=f"no longer has the event that was its version {version}"):
        await store.read(stream, Head(version, bytes(32)))


# Reading the whole log ------------------------------------------------------------------------------------


@pytest.fixture
async def now(store: EventStore) -> Checkpoint:
    """The end of the log when the test begins."""
    [event] = await store.append(StreamId(uuid4()), EMPTY, new_moves(0))
    return checkpoint(event)


async def read_behind(
    store: EventStore, after: Checkpoint, length: int, limit: int = 1000
) -> list[RecordedEvent]:
    """The whole log behind `after` as soon as it has `length` events, which any transaction in the same
    cluster may delay for a moment."""
    while len(log := await store.read_log(after, limit)) < length:
        await asyncio.sleep(0.01)
    return log


async def test_the_whole_log_is_in_the_order_of_checkpoints(
    store: EventStore, now: Checkpoint, stream: StreamId
) -> None:
    other = StreamId(uuid4())
    appended = [
        *await store.append(stream, EMPTY, new_moves(0, 1)),
        *await store.append(other, EMPTY, new_moves(2)),
        *await store.append(stream, await head(store, stream), new_moves(3)),
    ]
    log = await read_behind(store, now, 4)
    assert log == appended
    checkpoints = [now, *(checkpoint(event) for event in log)]
    assert checkpoints == sorted(set(checkpoints))


async def test_the_whole_log_is_read_from_any_checkpoint_on(
    store: EventStore, now: Checkpoint, stream: StreamId
) -> None:
    await store.append(stream, EMPTY, new_moves(0, 1))
    await store.append(stream, await head(store, stream), new_moves(2, 3))
    log = await read_behind(store, now, 4)
    for place, event in enumerate(log, 1):
        assert await store.read_log(checkpoint(event), 1000) == log[place:], "within a commit, too"
    assert await store.read_log(now, 3) == log[:3]
    assert await store.read_log(checkpoint(log[0]), 2) == log[1:3]


async def test_the_log_behind_its_end_is_empty(store: EventStore, now: Checkpoint) -> None:
    assert await store.read_log(now, 10) == []


async def test_the_log_starts_with_its_first_event(store: EventStore, now: Checkpoint) -> None:
    [first] = await read_behind(store, START, 1, limit=1)
    assert START < checkpoint(first) <= now


async def test_a_reader_of_the_whole_log_misses_nothing_while_many_write(
    store: EventStore, now: Checkpoint
) -> None:
    writing = True

    async def write() -> None:
        for _ in range(10):
            stream = StreamId(uuid4())
            await store.append(stream, EMPTY, new_moves(0, 1))
            await store.append(stream, await head(store, stream), new_moves(2))

    seen: list[RecordedEvent] = []

    async def follow() -> None:
        after = now
        while writing or len(seen) < 12 * 10 * 3:
            async for behind, batch in read_log(store, after, batch=7):
                after = behind
                seen.extend(batch)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        await asyncio.gather(*(write() for _ in range(12)))
        writing = False
        await following
    checkpoints = [checkpoint(event) for event in seen]
    assert checkpoints == sorted(set(checkpoints))
    by_stream: dict[StreamId, list[int]] = {}
    for event in seen:
        by_stream.setdefault(event.stream_id, []).append(event.version)
    assert len(by_stream) == 12 * 10
    assert all(versions == [1, 2, 3] for versions in by_stream.values())


async def test_a_store_that_answers_says_so(store: EventStore) -> None:
    await store.ping()
