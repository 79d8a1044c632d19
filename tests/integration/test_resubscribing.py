"""After Redis was away one query finds which of many games moved, and only these are read."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from operator import call
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis

from server.delivery import bell
from server.delivery.hub import Hub
from server.delivery.listener import Listener
from server.delivery.outbox import Outbox
from server.errors import StoreUnavailable
from server.game.events import GameId
from server.host import embedded
from server.metrics import REDIS_UP, Metrics
from server.outage import Outage
from server.store.event_store import Head, StreamId
from server.tasks import Tasks
from tests.support.memory_players import no_names
from tests.unit.test_watched_games import Store

GAMES = [GameId(UUID(int=number + 1)) for number in range(2000)]
PATIENCE = 60


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Valkey of the test's own, whose listeners it may cut off."""
    with embedded.running(tmp_path, "postgresql://unused", None) as (_, url):
        yield url


class CountingStore(Store):
    """Says when it is asked. While it is `away` it says nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = asyncio.Event()

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        found = await super().moved(heads)
        self.asked.set()
        if self.away:
            raise StoreUnavailable
        return found

    async def queries_of(self, games: int) -> list[int]:
        """The sizes of its queries, once they are about as many games."""
        async with asyncio.timeout(PATIENCE):
            while sum(map(len, self.queries)) < games:
                self.asked.clear()
                await self.asked.wait()
        return [len(query) for query in self.queries]


def listener(redis: bell.Redis, hub: Hub) -> Listener:
    metrics = Metrics()
    outage = Outage("Redis", metrics, REDIS_UP)
    return Listener(redis, b"one", hub, lambda commit: None, lambda *_: None, {}, metrics, outage)


async def test_after_a_reconnect_one_query_finds_the_games_that_moved(redis_url: str) -> None:
    store = CountingStore()
    async with contextlib.AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(Tasks())
        redis = await stack.enter_async_context(bell.connect(redis_url))
        hub = Hub(store, no_names(), tasks, call)
        for game in GAMES:
            stack.enter_context(hub.subscribe(game, Outbox()))
        listening = asyncio.create_task(listener(redis, hub).run())
        try:
            assert await store.queries_of(len(GAMES)) == [len(GAMES)]
            assert store.read_streams == []
            store.queries.clear()
            store.ahead = [StreamId(game) for game in GAMES[:3]]
            async with Redis.from_url(redis_url) as other:
                assert await other.client_kill_filter(_type="pubsub") == 1
            assert await store.queries_of(len(GAMES)) == [len(GAMES)]
        finally:
            listening.cancel()
            await asyncio.wait([listening])
    assert sorted(store.read_streams) == store.ahead


async def test_a_store_that_is_away_is_asked_again(redis_url: str) -> None:
    store = CountingStore()
    store.away = True
    async with contextlib.AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(Tasks())
        redis = await stack.enter_async_context(bell.connect(redis_url))
        hub = Hub(store, no_names(), tasks, call)
        stack.enter_context(hub.subscribe(GAMES[0], Outbox()))
        store.ahead = [StreamId(GAMES[0])]
        listening = asyncio.create_task(listener(redis, hub).run())
        try:
            await store.queries_of(1)
            store.away = False
            await store.queries_of(2)
        finally:
            listening.cancel()
            await asyncio.wait([listening])
    assert store.read_streams == store.ahead
