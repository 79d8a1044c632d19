"""A statement costs as much on a long log as on a short one."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from server.store.sql import statement
from tests.bench.log import fill
from tests.support.cluster import Cluster

SHORT, LONG = 1_000, 40_000
"""Lengths of the two logs, in events."""
FACTOR = 2.0
"""Greatest allowed ratio of pages: an index on a log forty times as long may be a level deeper."""


async def measured(cluster: Cluster, events: int) -> dict[str, int]:
    """The number of pages that each statement touches in a log of so many events."""
    async with cluster.database() as database:
        url = cluster.url_of(database, user="postgres")
        await fill(url, events)
        connection = await asyncpg.connect(url)
        try:
            row = await connection.fetchrow("SELECT stream_id, version FROM events ORDER BY version DESC")
            assert row
            return {
                name: await pages(connection, name, *arguments)
                for name, arguments in statements(row["stream_id"], row["version"]).items()
            }
        finally:
            await connection.close()


def statements(stream: UUID, version: int) -> dict[str, tuple[Any, ...]]:
    """The statements of the event store, and arguments for a stream with this last version."""
    event = {"game": str(stream), "type": "MoveMade", "schema_version": 1, "data": {}, "metadata": {}}
    batch = [{**event, "version": version + place, "place": place} for place in (1, 2)]
    return {
        "append_one": (stream, version + 1, None, "MoveMade", 1, "{}", "{}", None),
        "append": (json.dumps(batch), bytes(4 * 32)),
        "read_stream": (stream, 1, None),
        "stream_version": (stream,),
        "moved": ([stream], [version], [None]),
        "read_log": (0, 0, 100),
    }


async def pages(connection: "asyncpg.Connection[asyncpg.Record]", name: str, *arguments: Any) -> int:
    """The number of pages that the statement of this name touches; its effect is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        explained = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement(name)}", *arguments
        )
    finally:
        await transaction.rollback()
    plan = json.loads(explained)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_a_statement_touches_as_few_pages_of_a_long_log_as_of_a_short_one(cluster: Cluster) -> None:
    short, long = await measured(cluster, SHORT), await measured(cluster, LONG)
    assert {name: (short[name], long[name]) for name in short if long[name] > FACTOR * short[name]} == {}
