"""A command in a cached game costs one append, and no answer rests on the cache alone."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from server.cause import Cause, Process
from server.errors import NotSent, OutcomeUnknown
from server.game.board import Seat
from server.game.commands import Create, Join, Move, OfferRematch, Resign
from server.game.events import GameId, PlayerId
from server.game.rejected import Rejected
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.store.event_store import EMPTY, Head, Metadata, NewEvent, RecordedEvent, StreamId
from server.store.history import seal
from server.wire.commits import Commit
from tests.support.events import new_moves
from tests.support.memory_players import no_names
from tests.support.memory_store import MemoryStore
from tests.support.scenario import ADA, GRACE

GAME, NEXT = GameId(UUID(int=100)), GameId(UUID(int=101))


class Store(MemoryStore):
    """A store in memory whose next append takes effect but fails where it `breaks`, and is not sent where it
    is `away`."""

    breaks = away = unreadable = False

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        if self.away:
            self.appends += 1
            raise NotSent
        recorded = await super().append(stream_id, expected, events)
        if self.breaks:
            self.breaks = False
            raise OutcomeUnknown
        return recorded

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        if self.unreadable:
            raise NotSent
        return await super().read(stream_id, after, upto)

    def count(self) -> tuple[int, int]:
        """The number of reads and of appends since the last count."""
        counted = self.reads, self.appends
        self.reads = self.appends = 0
        return counted


class Server:
    """A handler, and the commits that it has published."""

    def __init__(self, store: Store) -> None:
        self.published: list[Commit] = []
        self.cache = GameCache(store)
        self.handler = Handler(store, no_names(), self.cache, self.published.append, "one", Metrics())

    async def begin(self, command: Move, id: UUID | None = None, version: int | None = None) -> int | None:
        """The version of a command that is carried out without a task, or None where it needs one."""
        ended: asyncio.Future[Coroutine[Any, Any, int] | int] = asyncio.get_running_loop().create_future()
        if not self.handler.begin(
            GAME, command, id or uuid4(), version, lambda _, last: ended.set_result(last), ended.set_result
        ):
            return None
        ending = await ended
        return ending if isinstance(ending, int) else await ending

    async def give(
        self,
        command: Create | Join | Move | Resign | OfferRematch,
        id: UUID | None = None,
        version: int | None = None,
    ) -> int:
        return await self.handler.handle(GAME, command, id or uuid4(), version)


Way = Callable[[Server, Move], Awaitable[int | None]]
"""Gives a command, and returns the version that it leads to."""


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def server(store: Store) -> Server:
    server = Server(store)
    await server.give(Create(player=ADA, name="Ada", seat=Seat.YELLOW))
    await server.give(Join(player=GRACE, name="Grace"))
    store.count()
    return server


def move(player: PlayerId, column: int) -> Move:
    return Move(player=player, column=column)


async def test_nobody_is_told_of_the_next_game_before_it_is_there(server: Server) -> None:
    opened: list[tuple[GameId, int]] = []

    async def until_open(game: GameId) -> None:
        opened.append((game, len(server.published)))

    server.handler.until_open = until_open
    await server.give(Resign(player=ADA))
    await server.give(OfferRematch(player=ADA, game=NEXT))
    before = len(server.published)
    await server.give(OfferRematch(player=GRACE, game=NEXT))
    assert opened == [(NEXT, before)]
    assert len(server.published) == before + 1


async def test_a_move_in_a_game_under_way_costs_one_append_and_no_read(server: Server, store: Store) -> None:
    for player, column in [(ADA, 0), (GRACE, 1), (ADA, 2)]:
        await server.give(move(player, column))
    assert store.count() == (0, 3)


async def test_a_game_is_created_and_joined_without_reading_it(store: Store) -> None:
    server = Server(store)
    await server.give(Create(player=ADA, name="Ada", seat=Seat.YELLOW))
    await server.give(Join(player=GRACE, name="Grace"))
    assert store.count() == (0, 2)


async def test_a_game_that_was_created_before_is_found_by_the_append(store: Store) -> None:
    id = uuid4()
    create = Create(player=ADA, name="Ada", seat=Seat.YELLOW)
    version = await Server(store).give(create, id)
    other = Server(store)
    assert await other.give(create, id) == version
    with pytest.raises(Rejected, match="belongs to another"):
        await Server(store).give(Create(player=GRACE, name="Grace", seat=Seat.RED), id)
    assert len(store.log.events) == version


async def test_a_refusal_is_checked_against_the_log(server: Server, store: Store) -> None:
    await Server(store).give(move(ADA, 0))  # on another server, of which this one hears nothing
    store.count()
    assert await server.give(move(GRACE, 1)) == 6
    assert store.count() == (1, 1)
    with pytest.raises(Rejected, match="other player's turn"):
        await server.give(move(GRACE, 1))
    assert store.count() == (1, 0)


async def test_a_game_that_went_on_elsewhere_is_decided_again(server: Server, store: Store) -> None:
    other = Server(store)
    await other.give(move(ADA, 0))
    await other.give(move(GRACE, 0))
    store.count()
    assert await server.give(move(ADA, 1)) == 7
    assert store.count() == (1, 2), "a lost race, a read, a won race"


async def test_a_game_known_to_have_gone_on_elsewhere_is_read_first(server: Server, store: Store) -> None:
    other = Server(store)
    await other.give(move(ADA, 0))
    await other.give(move(GRACE, 0))
    server.cache.invalidate(StreamId(GAME), 6)
    store.count()
    assert await server.give(move(ADA, 1)) == 7
    assert store.count() == (1, 1)


async def test_the_echo_of_an_own_commit_costs_nothing(server: Server, store: Store) -> None:
    await server.give(move(ADA, 0))
    server.cache.invalidate(StreamId(GAME), server.published[-1].last)
    store.count()
    await server.give(move(GRACE, 0))
    assert store.count() == (0, 1)


async def test_a_command_sent_again_has_the_same_answer_after_a_look_into_the_log(
    server: Server, store: Store
) -> None:
    id = uuid4()
    assert [await server.give(move(ADA, 0), id) for _ in range(3)] == [5, 5, 5]
    assert store.count() == (2, 1)
    assert await Server(store).give(move(ADA, 0), id) == 5
    assert store.log.version(StreamId(GAME)) == 5


async def test_the_id_of_anothers_command_is_refused(server: Server, store: Store) -> None:
    id = uuid4()
    await server.give(move(ADA, 0), id)
    for handler in (server, Server(store)):
        with pytest.raises(Rejected, match="another player's"):
            await handler.give(move(GRACE, 0), id)


WAYS = pytest.mark.parametrize("way", [Server.give, Server.begin], ids=["in a task", "without one"])


@WAYS
async def test_an_append_of_unknown_outcome_is_looked_up_and_published(
    server: Server, store: Store, way: Way
) -> None:
    store.breaks = True
    server.published.clear()
    assert await way(server, move(ADA, 0)) == 5
    assert [(commit.first, commit.last) for commit in server.published] == [(5, 5)]


@WAYS
async def test_an_append_that_was_not_sent_needs_no_look(server: Server, store: Store, way: Way) -> None:
    store.away = True
    with pytest.raises(NotSent):
        await way(server, move(ADA, 0))
    assert store.count() == (0, 1)
    store.away = False
    assert await way(server, move(ADA, 0)) == 5
    assert store.count() == (0, 1), "what is cached of the game is still right"


async def test_a_move_on_a_version_that_has_passed_is_stale(server: Server, store: Store) -> None:
    await server.give(move(ADA, 0), version=4)
    with pytest.raises(Rejected, match="at version 5 by now"):
        await server.give(move(GRACE, 0), version=4)


async def test_the_least_recently_used_game_is_evicted(store: Store) -> None:
    streams = [StreamId(UUID(int=number)) for number in range(3)]
    cache = GameCache(store, size=2)
    for stream in streams:
        store.log.append(stream, EMPTY, seal(stream, EMPTY, new_moves(0)))
        await cache.load(stream)
    assert [bool(cache.get(stream)) for stream in streams] == [False, True, True]


async def test_a_game_that_does_not_exist_is_not_cached(store: Store) -> None:
    cache = GameCache(store)
    assert (await cache.load(StreamId(GAME))).game.version == 0
    assert cache.get(StreamId(GAME)) is None


async def test_a_command_of_a_process_says_who_gave_it_and_which_event_caused_it(
    server: Server, store: Store
) -> None:
    await server.give(move(ADA, 0))
    *_, moved = await store.read(StreamId(GAME))
    cause = Cause(Process("referee", PlayerId(UUID(int=9))), moved)
    command, id = Resign(player=GRACE), cause.command_id("flag")
    for handler in (server.handler, Server(store).handler):  # whichever server acts, and however often
        assert await handler.handle(GAME, command, id, cause=cause) == 6
    *_, finished = await store.read(StreamId(GAME))
    assert finished.version == 6
    assert finished.metadata == Metadata(
        command_id=id,
        correlation_id=moved.metadata.correlation_id,
        causation_id=cause.event_id,
        player=cause.process.id,
        process="referee",
        server="one",
    )


async def test_a_players_command_names_no_process(server: Server, store: Store) -> None:
    await server.give(move(ADA, 0))
    *_, moved = await store.read(StreamId(GAME))
    assert moved.metadata.process is None
    assert b"process" not in msgspec.json.encode(moved.metadata)


async def test_a_game_that_could_not_be_read_is_read_before_the_next_decision(
    server: Server, store: Store
) -> None:
    await Server(store).give(move(ADA, 0))
    server.cache.invalidate(StreamId(GAME), 5)
    store.unreadable = True
    with pytest.raises(NotSent):
        await server.give(Resign(player=GRACE))
    store.unreadable = False
    store.count()
    assert await server.give(Resign(player=GRACE)) == 6
    assert store.count() == (1, 1), "one read, and no lost race"


async def test_a_move_in_a_cached_game_is_begun_without_a_task(server: Server, store: Store) -> None:
    server.published.clear()
    assert [await server.begin(move(ADA, 0)), await server.begin(move(GRACE, 1), version=5)] == [5, 6]
    assert store.count() == (0, 2)
    assert [commit.last for commit in server.published] == [5, 6]
    assert [event.metadata.player for event in store.log.streams[StreamId(GAME)][4:]] == [ADA, GRACE]


async def test_what_takes_more_than_the_cached_game_and_an_append_is_not_begun(
    server: Server, store: Store
) -> None:
    id = uuid4()
    await server.begin(move(ADA, 0), id)
    store.count()
    assert await server.begin(move(ADA, 0), id) is None, "it was given before"
    assert await server.begin(move(ADA, 0)) is None, "it would be refused"
    assert await server.begin(move(GRACE, 0), version=4) is None, "it is for another version"
    server.cache.invalidate(StreamId(GAME), 6)
    assert await server.begin(move(GRACE, 0)) is None, "the game has gone on"
    assert await Server(store).begin(move(GRACE, 0)) is None, "the game is not cached"
    assert store.count() == (0, 0)


async def test_a_begun_move_that_loses_its_race_is_decided_again(server: Server, store: Store) -> None:
    other = Server(store)
    await other.give(move(ADA, 0))
    await other.give(move(GRACE, 0))
    store.count()
    assert await server.begin(move(ADA, 1)) == 7
    assert store.count() == (1, 2), "a lost race, a read, a won race"


async def test_what_was_begun_is_waited_for(server: Server, store: Store) -> None:
    await server.handler.finish()
    accepted: list[int] = []
    assert server.handler.begin(
        GAME, move(ADA, 0), uuid4(), None, lambda _, last: accepted.append(last), lambda rest: rest.close()
    )
    assert accepted == []
    await server.handler.finish()
    assert accepted == [5]
