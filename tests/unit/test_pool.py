"""Servers share the connections that a database has, in virtual time."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import asyncpg
import pytest

from server.store.connector import Connection
from server.store.pool import Pool
from tests.simulation.loop import VirtualLoop


@dataclass
class FewConnections:
    """A database with no more than `left` connections to give."""

    left: int

    async def connect(self) -> Connection:
        if not self.left:
            raise asyncpg.TooManyConnectionsError
        self.left -= 1
        return cast(Connection, Opened(self))


class Opened:
    """One of its connections."""

    def __init__(self, database: FewConnections) -> None:
        self._database, self._closed = database, False

    def is_closed(self) -> bool:
        return self._closed

    def terminate(self) -> None:
        self._closed = True
        self._database.left += 1


@contextlib.contextmanager
def virtual_loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(Random(0), shuffle=False)
    try:
        yield loop
    finally:
        loop.close()


async def use(pool: Pool) -> None:
    pool.give_back(pool.take(pool.others) or await pool.acquire(pool.others))


async def use_now_and_then(pool: Pool) -> None:
    while True:
        await use(pool)
        await asyncio.sleep(0.5)
        pool.age()


@pytest.mark.parametrize("connections", [1, 3])
def test_who_has_no_connection_gets_one_that_another_does_not_use(connections: int) -> None:
    async def play() -> None:
        database = FewConnections(connections + 1)
        rich, poor = Pool(database.connect, 8), Pool(database.connect, 8)
        # All at once, and never refused one.
        leases = [await rich.acquire(rich.others) for _ in range(connections + 1)]
        for lease in leases:
            rich.give_back(lease)
        using = asyncio.create_task(use_now_and_then(rich))
        async with asyncio.timeout(12):
            await use(poor)
        using.cancel()
        await asyncio.gather(using, return_exceptions=True)

    with virtual_loop() as loop:
        loop.run_until_complete(cast(Any, play()))
