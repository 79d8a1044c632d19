"""The hub tells which games are watched, and has those read that moved without a message."""

from collections.abc import AsyncIterator, Mapping
from operator import call
from uuid import UUID

import pytest

from server.delivery.hub import Hub
from server.delivery.outbox import Outbox
from server.game.events import GameId
from server.store.event_store import EMPTY, Checkpoint, Head, RecordedEvent, StreamId
from server.tasks import Tasks
from tests.support.memory_players import no_names

GAME, OTHER = GameId(UUID(int=1)), GameId(UUID(int=2))


class Store:
    """Empty, and counts what it is asked. `ahead` are streams of which it claims to have more."""

    def __init__(self) -> None:
        self.ahead: list[StreamId] = []
        self.read_streams: list[StreamId] = []
        self.queries: list[set[StreamId]] = []

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        self.read_streams.append(stream_id)
        return []

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        self.queries.append(set(heads))
        return [stream for stream in heads if stream in self.ahead]

    async def append(self, stream_id: StreamId, expected: Head, events: object) -> list[RecordedEvent]:
        raise AssertionError

    def submit(self, stream_id: StreamId, expected: Head, events: object, on_outcome: object) -> None:
        raise AssertionError

    async def version(self, stream_id: StreamId) -> int:
        raise AssertionError

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        raise AssertionError

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        raise AssertionError

    async def confirm(self) -> None:
        pass

    async def ping(self) -> None:
        raise AssertionError


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def hub(store: Store) -> AsyncIterator[Hub]:
    async with Tasks() as tasks:
        yield Hub(store, no_names(), tasks, call)


async def test_what_changes_while_nobody_asks_takes_no_room_once_it_is_as_before(hub: Hub) -> None:
    with hub.subscribe(OTHER, Outbox()):
        for number in range(1000):
            with hub.subscribe(GameId(UUID(int=number + 10)), Outbox()):
                pass
        assert hub._changed == {OTHER}
        assert hub.games() == {OTHER}
    assert await hub.changed_games() == {OTHER}


async def test_a_game_that_was_left_and_is_watched_again_has_not_changed(hub: Hub) -> None:
    with hub.subscribe(GAME, Outbox()):
        assert hub.games() == {GAME}
    with hub.subscribe(GAME, Outbox()), hub.subscribe(OTHER, Outbox()):
        assert await hub.changed_games() == {OTHER}


async def test_a_game_that_is_kept_is_watched_until_it_is_let_go_whoever_comes_and_goes(hub: Hub) -> None:
    with hub.subscribe(GAME, Outbox()):
        hub.keep(GAME)
        assert await hub.changed_games() == {GAME}
    assert hub._changed == set()
    with hub.subscribe(GAME, Outbox()):
        assert hub.games() == {GAME}
    assert hub.watches(GAME)
    hub.let_go(GAME)
    assert not hub.watches(GAME)
    assert await hub.changed_games() == {GAME}


async def test_one_query_finds_the_games_that_moved_and_only_these_are_read(store: Store) -> None:
    store.ahead = [StreamId(OTHER)]
    async with Tasks() as tasks:
        hub = Hub(store, no_names(), tasks, call)
        with hub.subscribe(GAME, Outbox()), hub.subscribe(OTHER, Outbox()):
            assert await hub.resync_moved(hub.heads()) == 1
            assert await hub.resync_moved({}) == 0
    assert store.queries == [{StreamId(GAME), StreamId(OTHER)}]
    assert store.read_streams == [StreamId(OTHER)]


async def test_a_game_that_has_come_further_meanwhile_is_not_read(store: Store) -> None:
    store.ahead = [StreamId(GAME)]
    async with Tasks() as tasks:
        hub = Hub(store, no_names(), tasks, call)
        with hub.subscribe(GAME, Outbox()) as subscription:
            seen = hub.heads()
            subscription.head = Head(1, bytes(32))
            await hub.resync_moved(seen)
    assert store.read_streams == []
