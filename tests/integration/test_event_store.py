"""The event store on Postgres, beyond the contract of all event stores: guards and plans of the database."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from server.errors import WrongExpectedVersion
from server.store import codec, postgres
from server.store.database import Database
from server.store.event_store import EMPTY, START, NewEvent, StreamId
from server.store.postgres import PostgresEventStore
from server.store.sql import statement
from tests.support.cluster import Cluster
from tests.support.events import METADATA, new_moves, until_readable, versions


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresEventStore]:
    async with (
        Database.at(database, size=20) as connected,
        postgres.event_store(connected, codec.upcast) as store,
    ):
        yield store


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the same database, past the store."""
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
def stream() -> StreamId:
    return StreamId(uuid4())


async def test_an_append_of_several_events_is_all_or_nothing(
    store: PostgresEventStore, stream: StreamId, pool: asyncpg.Pool
) -> None:
    [first] = await store.append(stream, EMPTY, new_moves(0))
    # Version 3 is taken, which no append of ours could do: the second event cannot be recorded.
    await pool.execute(
        "INSERT INTO events (stream_id, version, type, schema_version, data, metadata)"
        " SELECT stream_id, 3, type, schema_version, data, metadata FROM events WHERE stream_id = $1",
        stream,
    )
    with pytest.raises(WrongExpectedVersion):
        await store.append(stream, first.head, new_moves(1, 2))
    assert versions(await store.read(stream)) == [1, 3]


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET type = 'X'", "DELETE FROM events", "TRUNCATE events"]
)
async def test_the_servers_role_may_not_change_the_log(
    store: PostgresEventStore, stream: StreamId, pool: asyncpg.Pool, statement: str
) -> None:
    before = await store.append(stream, EMPTY, new_moves(0))
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
    before = await store.append(stream, EMPTY, new_moves(0))
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
    """Positions are given out before the commit. A reader by position alone would miss the slow writer."""
    slow, fast = StreamId(uuid4()), StreamId(uuid4())
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO events (stream_id, version, type, schema_version, data, metadata)"
            " VALUES ($1, 1, 'MoveMade', 1, '{}', $2)",
            slow,
            msgspec.json.encode(METADATA).decode(),
        )
        [behind] = await store.append(fast, EMPTY, new_moves(0))  # committed first, with a later position
        assert await store.read_log(START, 10) == [], "an older transaction is still open"
        await transaction.commit()
    await until_readable(store, behind)
    log = await store.read_log(START, 10)
    assert [event.stream_id for event in log] == [slow, fast]
    assert log[1] == behind


async def test_what_an_old_server_stored_is_upcast_wherever_it_is_read(
    store: PostgresEventStore, pool: asyncpg.Pool, stream: StreamId
) -> None:
    [finished] = await store.append(
        stream,
        EMPTY,
        [NewEvent(type="GameFinished", schema_version=1, data={"result": "TIED"}, metadata=METADATA)],
    )
    await until_readable(store, finished)
    for [event] in (await store.read(stream), await store.read_log(START, 1)):
        assert event.schema_version == 2
        assert event.data == {"result": "TIED", "by": "board_full", "cells": []}
    stored = await pool.fetchrow("SELECT schema_version, data FROM events WHERE stream_id = $1", stream)
    assert stored
    assert tuple(stored) == (1, '{"result": "TIED"}'), "the log is as it was"


async def test_no_query_of_the_log_reads_all_of_it(store: PostgresEventStore, pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(store.append(StreamId(uuid4()), EMPTY, new_moves(*range(7))) for _ in range(300)))
    async with pool.acquire() as connection, connection.transaction():
        for name, arguments in {
            "read_stream": (uuid4(), 0, None),
            "stream_version": (uuid4(),),
            "read_log": (*START, 10),
            "moved": ([uuid4() for _ in range(100)], [7] * 100, [bytes(32)] * 100),
        }.items():
            prepared = await connection.prepare(statement(name))
            plan = str(await prepared.explain(*arguments))
            assert "Seq Scan" not in plan, plan
