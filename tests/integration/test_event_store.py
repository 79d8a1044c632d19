"""The event store on real Postgres: what optimistic concurrency and append-only mean."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from server.delivery.subscription import read_log
from server.errors import WrongExpectedVersion
from server.game.events import MoveMade
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import START, Checkpoint, NewEvent, RecordedEvent, StreamId
from server.store.postgres import PostgresEventStore
from server.store.sql import statement
from tests.support.cluster import Cluster
from tests.support.events import METADATA
from tests.support.scenario import ADA


def events(*columns: int) -> list[NewEvent]:
    return [codec.encode(MoveMade(player=ADA, column=column), METADATA) for column in columns]


def columns(recorded: list[RecordedEvent]) -> list[int]:
    return [event.data["column"] for event in recorded]


def versions(recorded: list[RecordedEvent]) -> list[int]:
    return [event.version for event in recorded]


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresEventStore]:
    async with (
        Database.at(database, size=20) as connected,
        postgres.event_store(connected, codec.upcast) as store,
    ):
        yield store


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A way into the same database past the store."""
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
def stream() -> StreamId:
    return StreamId(uuid4())


async def test_what_is_appended_can_be_read(store: PostgresEventStore, stream: StreamId) -> None:
    appended = await store.append(stream, 0, events(3, 4))
    assert await store.read(stream) == appended
    assert versions(appended) == [1, 2]
    assert columns(appended) == [3, 4]
    assert await store.version(stream) == 2


async def test_events_appended_together_share_their_commit_and_their_time(
    store: PostgresEventStore, stream: StreamId
) -> None:
    first, second = await store.append(stream, 0, events(3, 4))
    assert (first.transaction_id, first.recorded_at) == (second.transaction_id, second.recorded_at)
    assert first.position < second.position


async def test_a_part_of_a_stream_can_be_read(store: PostgresEventStore, stream: StreamId) -> None:
    await store.append(stream, 0, events(0, 1, 2, 3, 4))
    assert versions(await store.read(stream, after=2)) == [3, 4, 5]
    assert versions(await store.read(stream, upto=2)) == [1, 2]
    assert versions(await store.read(stream, after=1, upto=3)) == [2, 3]
    assert await store.read(stream, after=5) == []


async def test_a_stream_that_is_not_there_is_empty(store: PostgresEventStore, stream: StreamId) -> None:
    assert await store.read(stream) == []
    assert await store.version(stream) == 0


@pytest.mark.parametrize("expected", [0, 1, 4, 1000])
async def test_an_append_is_refused_at_any_version_but_the_streams(
    store: PostgresEventStore, stream: StreamId, expected: int
) -> None:
    await store.append(stream, 0, events(0, 1, 2))
    with pytest.raises(WrongExpectedVersion, match=f"{stream} is not at version {expected}"):
        await store.append(stream, expected, events(6))
    assert columns(await store.read(stream)) == [0, 1, 2]


@pytest.mark.parametrize("expected", [1, 7])
async def test_an_append_in_the_future_of_an_empty_stream_is_refused(
    store: PostgresEventStore, stream: StreamId, expected: int
) -> None:
    with pytest.raises(WrongExpectedVersion):
        await store.append(stream, expected, events(6))
    assert await store.read(stream) == []


async def test_nothing_cannot_be_appended(store: PostgresEventStore, stream: StreamId) -> None:
    with pytest.raises(ValueError, match="nothing to append"):
        await store.append(stream, 0, [])


@pytest.mark.parametrize("size", [1, 2])
async def test_of_20_writers_at_one_version_exactly_one_wins(
    store: PostgresEventStore, stream: StreamId, size: int
) -> None:
    await store.append(stream, 0, events(0))
    results = await asyncio.gather(
        *(store.append(stream, 1, events(*[writer] * size)) for writer in range(20)), return_exceptions=True
    )
    won = [result for result in results if isinstance(result, list)]
    assert len(won) == 1
    assert [type(result) for result in results].count(WrongExpectedVersion) == 19
    log = await store.read(stream)
    assert versions(log) == list(range(1, size + 2))
    assert log[1:] == won[0]


async def test_writers_that_decide_again_all_get_through_once(
    store: PostgresEventStore, stream: StreamId
) -> None:
    async def write(writer: int) -> None:
        while True:
            try:
                await store.append(stream, await store.version(stream), events(writer, writer))
                return
            except WrongExpectedVersion:
                continue

    await asyncio.gather(*(write(writer) for writer in range(20)))
    log = await store.read(stream)
    assert versions(log) == list(range(1, 41))
    assert sorted(columns(log)[::2]) == list(range(20))
    assert columns(log)[::2] == columns(log)[1::2], "what was appended together stays together"


async def test_an_append_of_several_events_is_all_or_nothing(
    store: PostgresEventStore, stream: StreamId, pool: asyncpg.Pool
) -> None:
    await store.append(stream, 0, events(0))
    # Somebody else has version 3 already, which no writer of ours could: the second event cannot be recorded.
    await pool.execute(
        "INSERT INTO events (stream_id, version, type, schema_version, data, metadata)"
        " SELECT stream_id, 3, type, schema_version, data, metadata FROM events WHERE stream_id = $1",
        stream,
    )
    with pytest.raises(WrongExpectedVersion):
        await store.append(stream, 1, events(1, 2))
    assert versions(await store.read(stream)) == [1, 3]


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET type = 'X'", "DELETE FROM events", "TRUNCATE events"]
)
async def test_the_servers_role_may_not_change_the_log(
    store: PostgresEventStore, stream: StreamId, pool: asyncpg.Pool, statement: str
) -> None:
    before = await store.append(stream, 0, events(0))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)
    assert await store.read(stream) == before


@pytest.mark.parametrize("replica", [False, True], ids=["", "with triggers turned off"])
@pytest.mark.parametrize(
    "statement", ["UPDATE events SET type = 'X'", "DELETE FROM events", "TRUNCATE events"]
)
async def test_not_even_a_superuser_changes_the_log(
    cluster: Cluster,
    store: PostgresEventStore,
    stream: StreamId,
    database: str,
    statement: str,
    replica: bool,
) -> None:
    before = await store.append(stream, 0, events(0))
    connection = await asyncpg.connect(database.replace("//connect4@", "//postgres@"))
    try:
        if replica:
            await connection.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await connection.execute(statement)
    finally:
        await connection.close()
    assert await store.read(stream) == before


async def test_the_whole_log_is_read_in_the_order_of_commits(
    store: PostgresEventStore, pool: asyncpg.Pool
) -> None:
    """Positions are handed out before commits. A reader by position alone would pass over the slow writer."""
    slow, fast = StreamId(uuid4()), StreamId(uuid4())
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO events (stream_id, version, type, schema_version, data, metadata)"
            " VALUES ($1, 1, 'MoveMade', 1, '{}', $2)",
            slow,
            postgres._json(METADATA),
        )
        [behind] = await store.append(fast, 0, events(0))  # committed first, with a later position
        assert await store.read_log(START, 10) == [], (
            "what an open transaction may come before is not read yet"
        )
        await transaction.commit()
    log = await store.read_log(START, 10)
    assert [event.stream_id for event in log] == [slow, fast]
    assert log[1] == behind


async def test_a_reader_of_the_whole_log_misses_nothing_while_many_write(store: PostgresEventStore) -> None:
    writing = True

    async def write() -> None:
        for _ in range(25):
            stream = StreamId(uuid4())
            await store.append(stream, 0, events(0, 1))
            await store.append(stream, 2, events(2))

    seen: list[RecordedEvent] = []

    async def follow() -> None:
        after = START
        while True:
            last_round = not writing
            async for checkpoint, batch in read_log(store, after, batch=7):
                after = checkpoint
                seen.extend(batch)
            if last_round:
                return
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        await asyncio.gather(*(write() for _ in range(12)))
        writing = False
        await following
    assert len(seen) == len({event.position for event in seen}) == 12 * 25 * 3
    checkpoints = [Checkpoint(event.transaction_id, event.position) for event in seen]
    assert checkpoints == sorted(checkpoints)
    by_stream: dict[StreamId, list[int]] = {}
    for event in seen:
        by_stream.setdefault(event.stream_id, []).append(event.version)
    assert all(versions == [1, 2, 3] for versions in by_stream.values())


async def test_what_an_old_server_stored_is_upcast_wherever_it_is_read(
    store: PostgresEventStore, pool: asyncpg.Pool, stream: StreamId
) -> None:
    await store.append(
        stream,
        0,
        [NewEvent(type="GameFinished", schema_version=1, data={"result": "TIED"}, metadata=METADATA)],
    )
    for [event] in (await store.read(stream), await store.read_log(START, 1)):
        assert event.schema_version == 2
        assert event.data == {"result": "TIED", "by": "board_full", "cells": []}
    stored = await pool.fetchrow("SELECT schema_version, data FROM events WHERE stream_id = $1", stream)
    assert stored
    assert tuple(stored) == (1, '{"result": "TIED"}'), "the log is as it was"


async def test_the_streams_that_have_more_are_found_in_one_look(store: PostgresEventStore) -> None:
    streams = [StreamId(uuid4()) for _ in range(3)]
    for length, stream in enumerate(streams):
        if length:
            await store.append(stream, 0, events(*range(length)))
    empty, one, two = streams
    assert await store.advanced({empty: 0, one: 1, two: 2}) == []
    assert set(await store.advanced({empty: 0, one: 0, two: 1})) == {one, two}
    assert await store.advanced({two: 5}) == [], "who has seen more than there is waits"


async def test_no_query_of_the_log_reads_all_of_it(store: PostgresEventStore, pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(store.append(StreamId(uuid4()), 0, events(*range(7))) for _ in range(300)))
    async with pool.acquire() as connection, connection.transaction():
        for name, arguments in {
            "read_stream": (uuid4(), 0, None),
            "stream_version": (uuid4(),),
            "read_log": (*START, 10),
            "advanced": ([uuid4() for _ in range(100)], [7] * 100),
        }.items():
            prepared = await connection.prepare(statement(name))
            plan = str(await prepared.explain(*arguments))
            assert "Seq Scan" not in plan, plan
