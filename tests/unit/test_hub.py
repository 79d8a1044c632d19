from dataclasses import dataclass
from uuid import UUID

from server.game.events import GameId
from server.hub import RESYNC, TOO_SLOW, Close, Hub, Outbox
from server.messages import Commit

GAME, OTHER = GameId(UUID(int=1)), GameId(UUID(int=2))


@dataclass
class Place:
    """A subscription that has come so far."""

    version: int = 0


def commit(version: int, game: GameId = GAME) -> Commit:
    return Commit(game, version, version, "frame")


async def test_a_commit_goes_to_those_subscribed_to_its_game() -> None:
    hub, mine, others = Hub(), Outbox(), Outbox()
    with hub.subscribe(GAME, mine, Place()), hub.subscribe(OTHER, others, Place()):
        hub.deliver(commit(1))
        hub.deliver(commit(2, OTHER))
    assert await mine.get() == commit(1)
    assert await others.get() == commit(2, OTHER)


async def test_who_has_left_hears_no_more() -> None:
    hub, outbox = Hub(), Outbox()
    with hub.subscribe(GAME, outbox, Place()):
        hub.deliver(commit(1))
    hub.deliver(commit(2))
    outbox.put("last")
    assert [await outbox.get(), await outbox.get()] == [commit(1), "last"]


async def test_a_game_is_watched_from_its_first_subscription_to_the_end_of_its_last() -> None:
    hub = Hub()
    with hub.subscribe(GAME, Outbox(), Place()):
        with hub.subscribe(GAME, Outbox(), Place()):
            assert await hub.changed_games() == {GAME}
        assert hub.watches(GAME)
    assert not hub.watches(GAME)
    assert await hub.changed_games() == {GAME}


async def test_a_socket_that_cannot_keep_up_is_closed_and_nothing_is_kept_for_it() -> None:
    outbox = Outbox(size=2)
    for version in range(1, 5):
        outbox.put(commit(version))
    assert [await outbox.get(), await outbox.get()] == [TOO_SLOW, TOO_SLOW]


async def test_of_several_reasons_to_close_the_first_is_given() -> None:
    outbox = Outbox(size=1)
    outbox.close(Close(1008, "flood"))
    for version in range(1, 5):
        outbox.put(commit(version))
    assert await outbox.get() == Close(1008, "flood")


async def test_of_presence_only_the_latest_waits_and_takes_no_place_from_the_game() -> None:
    outbox = Outbox(size=1)
    outbox.put(commit(1))
    outbox.put_presence("old")
    outbox.put_presence("new")
    assert [await outbox.get(), await outbox.get()] == [commit(1), "new"]


async def test_a_resync_reaches_every_subscription_of_the_game() -> None:
    hub, outbox = Hub(), Outbox()
    with hub.subscribe(GAME, outbox, Place()):
        hub.resync(GAME)
    assert await outbox.get() is RESYNC


async def test_a_resync_asked_for_again_before_it_is_done_is_done_once() -> None:
    outbox = Outbox(size=1)
    for _ in range(3):
        outbox.put_resync()
    outbox.put("behind")
    assert [await outbox.get(), await outbox.get()] == ["behind", RESYNC]


async def test_a_games_place_is_that_of_its_last_subscription() -> None:
    hub = Hub()
    with hub.subscribe(GAME, Outbox(), Place(7)), hub.subscribe(GAME, Outbox(), Place(5)):
        assert hub.places() == {GAME: 5}
    assert hub.places() == {}
