"""A hub hands what happens in a game to whoever is subscribed to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from operator import call
from uuid import UUID

import pytest

from server.delivery.hub import Hub
from server.delivery.outbox import Outbox
from server.game.events import GameId, PlayerId
from server.serving.end_of_tick import EndOfTick
from server.store.event_store import EMPTY, Head
from server.tasks import Tasks
from server.wire.commits import Commit
from server.wire.frame import Frame
from tests.support.memory_players import no_names
from tests.support.memory_store import MemoryStore

GAME, OTHER = GameId(UUID(int=1)), GameId(UUID(int=2))


def commit(version: int, game: GameId = GAME) -> Commit:
    """The commit of one event. Its hash is its version."""
    before = b"%d" % (version - 1) if version > 1 else EMPTY.hash
    return Commit(game, version, version, Frame(b"%d" % version), before, b"%d" % version)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with Tasks() as tasks:
        yield Hub(MemoryStore(), no_names(), tasks, call)


async def test_a_commit_goes_to_those_subscribed_to_its_game(hub: Hub) -> None:
    mine, others = Outbox(), Outbox()
    with hub.subscribe(GAME, mine) as game, hub.subscribe(OTHER, others) as other:
        mine.follow(game.commits, 0)
        others.follow(other.commits, 0)
        hub.deliver(commit(1))
        hub.deliver(commit(1, OTHER))
    assert [mine.pop(), mine.pop()] == [commit(1).frame, None]
    assert [others.pop(), others.pop()] == [commit(1, OTHER).frame, None]


async def test_a_game_is_told_of_once_a_tick(caplog: pytest.LogCaptureFixture) -> None:
    """And a socket that fails then keeps nothing from the others."""
    end_of_tick, told, outboxes = EndOfTick(), list[Outbox](), [Outbox() for _ in range(3)]

    def flush(outbox: Outbox) -> None:
        told.append(outbox)
        if outbox is outboxes[0]:
            raise ZeroDivisionError

    async with Tasks() as tasks:
        hub = Hub(MemoryStore(), no_names(), tasks, end_of_tick.call)
        with contextlib.ExitStack() as stack:
            for outbox in outboxes:
                outbox.flush = partial(flush, outbox)
                outbox.follow(stack.enter_context(hub.subscribe(GAME, outbox)).commits, 0)
                outbox.pop()
            hub.deliver(commit(1))
            hub.deliver(commit(2))
            assert told == []
            await asyncio.sleep(0)
    assert told == outboxes
    assert [record.getMessage() for record in caplog.records] == ["a socket cannot be told of a commit"]


async def test_all_outboxes_of_a_game_share_one_subscription(hub: Hub) -> None:
    with hub.subscribe(GAME, Outbox()) as one, hub.subscribe(GAME, Outbox()) as two:
        assert one is two
    with hub.subscribe(GAME, Outbox()) as later:
        assert later is not one, "nothing is kept of a game that nobody watches"


async def test_whoever_comes_first_to_a_game_that_began_here_finds_what_was_told_of_it(hub: Hub) -> None:
    for version in (1, 2):
        hub.deliver(commit(version))
    with hub.subscribe(GAME, Outbox()) as subscription:
        assert subscription.commits == [commit(1), commit(2)]
    with hub.subscribe(GAME, Outbox()) as later:
        assert later.commits == []


async def test_what_does_not_follow_from_the_beginning_is_not_kept(hub: Hub) -> None:
    hub.deliver(commit(2))  # the first was not heard of
    hub.deliver(commit(1, OTHER))
    hub.deliver(commit(3, OTHER))
    for game in (GAME, OTHER):
        with hub.subscribe(game, Outbox()) as subscription:
            assert subscription.commits == []


async def test_no_name_of_a_game_that_began_here_outlives_its_player(hub: Hub) -> None:
    hub.deliver(commit(1))
    hub.forget(PlayerId(UUID(int=7)))
    with hub.subscribe(GAME, Outbox()) as subscription:
        assert subscription.commits == []


async def test_an_outbox_gets_nothing_after_its_subscription_has_ended(hub: Hub) -> None:
    outbox, told = Outbox(), list[int]()
    with hub.subscribe(GAME, Outbox()):
        with hub.subscribe(GAME, outbox):
            outbox.filled = outbox.flush = lambda: told.append(1)
            hub.deliver(commit(1))
        hub.deliver(commit(2))
        hub.deliver_presence(GAME, Frame(b""))
    assert told == [1]


async def test_a_game_is_watched_from_its_first_subscription_to_the_end_of_its_last(hub: Hub) -> None:
    with hub.subscribe(GAME, Outbox()):
        with hub.subscribe(GAME, Outbox()):
            assert await hub.changed_games() == {GAME}
        assert hub.watches(GAME)
        assert hub.games() == {GAME}
    assert not hub.watches(GAME)
    assert await hub.changed_games() == {GAME}


async def test_presence_goes_to_all_outboxes_of_the_game(hub: Hub) -> None:
    outboxes = Outbox(), Outbox()
    with hub.subscribe(GAME, outboxes[0]), hub.subscribe(GAME, outboxes[1]):
        hub.deliver_presence(GAME, Frame(b"two"))
        hub.deliver_presence(OTHER, Frame(b"none"))
    assert [outbox.pop() for outbox in outboxes] == [Frame(b"two")] * 2


async def test_the_hub_knows_the_head_that_each_game_has_reached_here(hub: Hub) -> None:
    with hub.subscribe(GAME, Outbox()):
        hub.deliver(commit(1))
        assert hub.heads() == {GAME: Head(1, b"1")}
    assert hub.heads() == {}
