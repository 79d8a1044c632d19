"""The contract of ReadModels: of the real ones, on Postgres, and of those that replace them in tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from server.game.events import Clock
from server.projections import PROJECTIONS
from server.projections.deadlines import DEADLINES
from server.projections.fold import fold, place_of
from server.projections.games import GAMES, Game
from server.projections.log import LOG
from server.projections.projection import Projection
from server.projections.ratings import RATINGS
from server.store import codec, postgres
from server.store import read_models as read_models_module
from server.store.database import Database
from server.store.event_store import EMPTY, START, Checkpoint, EventStore, RecordedEvent, StreamId
from server.store.postgres_read_models import PostgresReadModels
from server.store.read_models import ReadModels, State, Status, Version
from tests.support.cluster import Cluster
from tests.support.entries import by_stream, entries
from tests.support.events import METADATA, new_moves, until_readable
from tests.support.memory_read_models import MemoryReadModels, Tables
from tests.support.memory_store import MemoryStore
from tests.support.scenario import started

FIRST = Version("games", 1)
ME, OTHER = "me", "another"


class Store(NamedTuple):
    """A log and the read models beside it."""

    log: EventStore
    models: ReadModels

    async def play(self, **terms: Any) -> list[RecordedEvent]:
        """The events of a game on these terms that has just started."""
        new = [codec.encode(event, METADATA) for event in started(**terms)]
        events = await self.log.append(StreamId(uuid4()), EMPTY, new)
        await until_readable(self.log, events[-1])
        return events

    async def status(self, number: int = 1) -> Status:
        [status] = [status for status in await self.models.look() if status.version == number]
        return status


OpenStore = Callable[[Cluster], AbstractAsyncContextManager[Store]]


@asynccontextmanager
async def on_postgres(cluster: Cluster) -> AsyncIterator[Store]:
    async with (
        cluster.database() as name,
        Database.at(cluster.url_of(name)) as database,
        Database.at(cluster.url_of(name), size=8) as others,
        postgres.event_store(database, codec.upcast) as log,
    ):
        models = [projection.model for projection in PROJECTIONS]
        yield Store(log, PostgresReadModels(others, codec.upcast, models))


@asynccontextmanager
async def in_memory(cluster: Cluster) -> AsyncIterator[Store]:
    log = MemoryStore()
    yield Store(log, MemoryReadModels(Tables(log.log, asyncio.get_running_loop().time)))


@pytest.fixture(params=[on_postgres, in_memory], ids=lambda open: open.__name__)
async def store(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncIterator[Store]:
    open_store: OpenStore = request.param
    async with open_store(cluster) as store:
        await store.models.prepare([GAMES.model])
        yield store


async def step(store: Store, version: Version = FIRST, runner: str = ME, limit: int = 100) -> int | None:
    """Fold a batch; the number of events in it, or None where somebody else has the version."""
    async with store.models.batch(version, runner) as batch:
        if batch is None:
            return None
        events, number = await batch.read(limit)
        rows, _ = await fold(GAMES, batch, events)
        await batch.save(rows, place_of(events[-1]) if events else batch.place.checkpoint, number)
        return number


async def rows(store: Store, ids: list[UUID], version: Version = FIRST) -> dict[UUID, Game]:
    """Rows of the version, as the next batch sees them."""
    async with store.models.batch(version, ME) as batch:
        assert batch
        return dict(await batch.load(ids))  # type: ignore[arg-type]


async def test_the_first_version_serves_at_once_from_the_start_of_the_log(store: Store) -> None:
    await store.models.prepare([GAMES.model])
    [status] = await store.models.look()
    assert (status.key, status.state, status.runner) == (FIRST, State.SERVING, None)
    assert Checkpoint(status.transaction_id, status.position) == START


async def test_what_a_batch_saves_is_what_the_log_folds_to(store: Store) -> None:
    events = [*await store.play(), *await store.play()]
    assert await step(store, limit=3) == 3
    assert await step(store) == 5
    assert await step(store) == 0
    streams = by_stream(events)
    assert await rows(store, [*streams, uuid4()]) == entries(streams)
    status = await store.status()
    assert Checkpoint(status.transaction_id, status.position) == place_of(events[-1])
    assert (status.events, status.lag_events, status.lag_seconds) == (8, 0, 0)


async def test_what_has_not_been_folded_is_the_lag(store: Store) -> None:
    await store.play()
    assert (await store.status()).lag_events == 4
    await step(store, limit=1)
    assert (await store.status()).lag_events == 3


async def test_a_batch_that_fails_saves_nothing_neither_rows_nor_its_place(store: Store) -> None:
    events = await store.play()
    with contextlib.suppress(ZeroDivisionError):
        async with store.models.batch(FIRST, ME) as batch:
            assert batch
            read, _ = await batch.read(10)
            await batch.save((await fold(GAMES, batch, read)).rows, place_of(read[-1]), 4)
            raise ZeroDivisionError
    assert await rows(store, [events[0].stream_id]) == {}
    assert await step(store) == 4


@pytest.mark.parametrize("projection", [DEADLINES, LOG, RATINGS], ids=lambda projection: projection.name)
async def test_events_that_change_nothing_are_passed_over_but_for_the_last(
    store: Store, projection: Projection
) -> None:
    """Of a game that is in the read model and one that is not, in the batch of its beginning and later."""
    await store.models.prepare([projection.model])
    clock = Clock(initial=60, increment=1)
    found = await store.play(listed=True, rated=True, clock=clock)
    plain = await store.play()
    version = Version(projection.name, 1)
    async with store.models.batch(version, ME) as batch:
        assert batch
        events, number = await batch.read(100)
        assert (events, number) == ([*found, *plain], 8)
        rows, _ = await fold(projection, batch, events)
        await batch.save(rows, place_of(events[-1]), number)
    moves = new_moves(1, 2)
    for _ in range(2):
        for game in (found, plain):
            game += await store.log.append(StreamId(game[0].stream_id), game[-1].head, moves)
    async with store.models.batch(version, ME) as batch:
        assert batch
        assert await batch.read(3) == ([*found[4:6], plain[4]], 3)
        assert await batch.read(100) == ([*found[4:], plain[-1]], 8)


async def test_rows_are_removed(store: Store) -> None:
    [event, *_] = await store.play()
    await step(store)
    async with store.models.batch(FIRST, ME) as batch:
        assert batch
        await batch.save({event.stream_id: None}, batch.place.checkpoint, 0)
    assert await rows(store, [event.stream_id]) == {}


async def test_a_version_has_one_batch_at_a_time(store: Store) -> None:
    async with store.models.batch(FIRST, ME) as batch, store.models.batch(FIRST, ME) as another:
        assert batch
        assert another is None
    assert await step(store) == 0


async def test_a_version_is_its_runners_until_he_leaves_it_or_is_not_heard_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await step(store, runner=OTHER) == 0
    assert (await store.status()).runner == OTHER
    assert await step(store) is None
    await store.models.leave(OTHER)
    assert (await store.status()).runner is None
    assert await step(store) == 0
    for module in (read_models_module, *lease_holders()):
        monkeypatch.setattr(module, "LEASE", 0.0)
    assert (await store.status()).runner is None
    assert await step(store, runner=OTHER) == 0


def lease_holders() -> list[object]:
    from server.store import postgres_read_models
    from tests.support import memory_read_models

    return [postgres_read_models, memory_read_models]


async def test_a_new_version_is_built_beside_the_old_and_served_from_once_it_is_as_far(store: Store) -> None:
    events = await store.play()
    await step(store)
    second = await store.models.build(GAMES.model)
    assert second == Version("games", 2)
    assert await store.models.build(GAMES.model) == second, "one is built at a time"
    second = await store.models.build(GAMES.model, again=True)
    assert second == Version("games", 3)
    assert await step(store, second, limit=3) == 3
    assert not await swapped(store, second), "it is behind the one that serves"
    assert await step(store, second) == 1
    async with store.models.batch(FIRST, ME):
        assert not await swapped(store, second), "the one that serves is busy"
    assert await swapped(store, second)
    states = {status.version: status.state for status in await store.models.look()}
    assert states == {1: State.RETIRED, 2: State.RETIRED, 3: State.SERVING}
    assert await step(store) is None
    await store.models.clear()
    assert [status.version for status in await store.models.look()] == [3]
    streams = by_stream(events)
    assert await rows(store, list(streams), second) == entries(streams)


async def swapped(store: Store, version: Version) -> bool:
    async with store.models.batch(version, ME) as batch:
        assert batch
        return await batch.swap()


async def test_a_later_revision_is_built_and_an_earlier_one_leaves_it_alone(store: Store) -> None:
    now = GAMES.model.revision
    later = GAMES.model._replace(revision=now + 1)
    await store.models.prepare([later])
    await store.models.prepare([GAMES.model])
    found = [(status.version, status.revision, status.state) for status in await store.models.look()]
    assert found == [(1, now, State.SERVING), (2, now + 1, State.BUILDING)]
    assert await store.models.build(GAMES.model) == Version("games", 2)


async def test_a_stopped_version_is_nobodys_and_rests(store: Store) -> None:
    await store.play()
    await step(store, limit=1)
    assert await store.models.stop(FIRST, "KeyError")
    assert not await store.models.stop(FIRST, "KeyError"), "known already"
    status = await store.status()
    assert (status.error, status.runner, status.resting) == ("KeyError", None, True)
    async with store.models.batch(FIRST, ME) as batch:
        assert batch
        assert batch.place.error == "KeyError"
    assert await step(store) == 3
    assert (await store.status()).error is None


async def test_rows_whose_head_the_log_has_do_not_differ(store: Store) -> None:
    games = [(await store.play())[0].stream_id for _ in range(3)]
    await step(store)
    wrong = uuid4()
    async with store.models.batch(FIRST, ME) as batch:
        assert batch
        row = (await batch.load(games))[games[0]]
        assert isinstance(row, Game)
        elsewhere, too_far = replace(row, id=wrong), replace(row, version=9)
        await batch.save({wrong: elsewhere, games[0]: too_far}, batch.place.checkpoint, 0)
        assert set((await batch.differing(games, UUID(int=0), 0))[0]) == {games[0]}
        differing, last = await batch.differing([], UUID(int=0), 100)
        assert set(differing) == {wrong, games[0]}
        assert last is None
        _, last = await batch.differing([], UUID(int=0), 2)
        assert last == sorted([*games, wrong])[1]
