"""Limits by address, of one process and of several."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from server.errors import TooMany, TooOften
from server.serving import shared_limits
from server.serving.limits import BUCKETS, Limits, Rate
from server.serving.rate_limit import TokenBucket
from server.serving.shared_limits import LimitServer, limits_of
from server.settings import Settings


def test_a_token_bucket_allows_a_burst_and_then_its_rate() -> None:
    now = 0.0
    bucket = TokenBucket(rate=2, burst=3, clock=lambda: now)
    assert [bucket.try_spend() for _ in range(4)] == [True, True, True, False]
    assert bucket.wait == 0.5
    now = 0.5
    assert [bucket.try_spend() for _ in range(2)] == [True, False]
    now = 100
    assert [bucket.try_spend() for _ in range(4)] == [True, True, True, False]


def limits(**settings: Any) -> Limits:
    return Limits(Settings(**settings), clock=lambda: 0.0)


async def may(limited: Limits, address: str | None, rate: Rate = Rate.GAMES) -> bool:
    try:
        await limited.spend(rate, address)
    except TooOften:
        return False
    return True


async def is_full(limited: Limits, address: str | None) -> bool:
    try:
        async with limited.socket(address):
            return False
    except TooMany:
        return True


async def test_there_are_no_more_sockets_than_there_may_be() -> None:
    limited = limits(max_sockets=2)
    async with limited.socket("192.0.2.1"), limited.socket("127.0.0.1"):
        assert await is_full(limited, "192.0.2.2")
        assert await is_full(limited, "127.0.0.1")
    assert not await is_full(limited, "192.0.2.2")


async def test_one_address_cannot_take_all_sockets() -> None:
    limited = limits(sockets_per_address=1)
    async with limited.socket("192.0.2.1"), limited.socket("192.0.2.2"):
        assert await is_full(limited, "192.0.2.1")


async def test_of_ipv6_a_line_is_one_address() -> None:
    limited = limits(sockets_per_address=1, games_per_minute=1)
    async with limited.socket("2001:db8:1:2::3"):
        assert await is_full(limited, "2001:db8:1:2:ffff::4")
        assert not await is_full(limited, "2001:db8:1:3::3")
    assert await may(limited, "2001:db8:1:2::3")
    assert not await may(limited, "2001:db8:1:2::4%eth0")
    assert await may(limited, "2001:db8:1:3::3")


async def test_strangers_with_ipv4_addresses_do_not_share_a_limit_where_ipv6_is_listened_for() -> None:
    limited = limits(games_per_minute=1)
    assert await may(limited, "::ffff:192.0.2.1")
    assert await may(limited, "::ffff:192.0.2.2")
    assert not await may(limited, "192.0.2.1")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
async def test_this_machine_is_exempt_unless_the_settings_say_otherwise(address: str | None) -> None:
    one = {name: 1 for name in ("sockets_per_address", *(f"{rate}_per_minute" for rate in Rate))}
    exempt = limits(**one)
    async with exempt.socket(address), exempt.socket(address):
        assert exempt.messages(address) is None
        assert [await may(exempt, address, rate) for rate in Rate for _ in range(3)] == [True] * 3 * len(Rate)
    limited = limits(**one, limit_loopback=True)
    async with limited.socket(address):
        assert await is_full(limited, address)
    assert limited.messages(address)
    assert [await may(limited, address, rate) for rate in Rate for _ in range(2)] == [True, False] * len(Rate)


@pytest.mark.parametrize(
    "address", ["64:ff9b::127.0.0.1", "2002:7f00:1::1", "::ffff:0:127.0.0.1", "localhost"]
)
async def test_no_other_address_is_of_this_machine(address: str) -> None:
    limited = limits(games_per_minute=1)
    assert [await may(limited, address) for _ in range(2)] == [True, False]


async def test_each_kind_of_thing_has_a_rate_of_its_own_and_says_when_to_try_again() -> None:
    limited = limits(games_per_minute=1, handshakes_per_minute=2)
    assert [await may(limited, "192.0.2.1", Rate.HANDSHAKES) for _ in range(3)] == [True, True, False]
    assert await may(limited, "192.0.2.1", Rate.GAMES)
    with pytest.raises(TooOften) as refusal:
        await limited.spend(Rate.HANDSHAKES, "192.0.2.1")
    assert refusal.value.retry_after == 30


async def test_each_address_has_its_own_games_and_only_the_latest_are_kept() -> None:
    limited = limits(games_per_minute=1)
    assert await may(limited, "192.0.2.1")
    assert not await may(limited, "192.0.2.1")
    for number in range(BUCKETS):
        assert await may(limited, f"2001:db8:0:{number:x}::1")
    assert await may(limited, "192.0.2.1"), "evicted by now"


async def over(game: str, age: float) -> bool:
    return game.startswith("over")


async def may_play(limits: Limits, game: str, address: str = "192.0.2.1") -> bool:
    try:
        await limits.computer_game(address, game, over)
    except TooMany:
        return False
    return True


async def test_an_address_has_so_many_games_against_the_computer_at_a_time() -> None:
    limited = limits(computer_games_per_address=2)
    assert [await may_play(limited, game) for game in ("one", "over", "three")] == [True] * 3, "one is over"
    assert not await may_play(limited, "four")
    assert await may_play(limited, "three"), "asked again"
    assert await may_play(limited, "four", "192.0.2.2")
    assert all([await may_play(limited, str(number), "127.0.0.1") for number in range(5)])


async def test_only_the_latest_addresses_with_games_against_the_computer_are_kept() -> None:
    limited = limits(computer_games_per_address=1)
    assert await may_play(limited, "one")
    for number in range(BUCKETS):
        assert await may_play(limited, "one", f"2001:db8:0:{number:x}::1")
    assert await may_play(limited, "two"), "evicted by now"


# Several processes: here their parent is a thread, and each of them has a connection to it ---------------


SHARED = Settings(sockets_per_address=3, max_sockets=5, games_per_minute=2)


@pytest.fixture
def parent() -> Iterator[LimitServer]:
    server = LimitServer(SHARED)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            server.serve(0.01)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server
    ended.set()
    thread.join()
    server.close()


@contextlib.asynccontextmanager
async def worker(parent: LimitServer) -> AsyncIterator[Limits]:
    async with limits_of(Settings(limits_fd=parent.connect().detach())) as limited:
        yield limited


async def test_workers_share_what_an_address_may_have(parent: LimitServer) -> None:
    async with worker(parent) as one, worker(parent) as other:
        async with one.socket("192.0.2.1"), other.socket("192.0.2.1"), other.socket("::ffff:192.0.2.1"):
            assert await is_full(one, "192.0.2.1")
            async with one.socket("192.0.2.2"), other.socket("127.0.0.1"):
                assert await is_full(other, "127.0.0.1"), "the limit of all"
        assert not await is_full(one, "192.0.2.1")
        assert [await may(limited, "192.0.2.1") for limited in (one, other, one)] == [True, True, False]


async def test_workers_share_how_many_games_against_the_computer_an_address_has(parent: LimitServer) -> None:
    async with worker(parent) as one, worker(parent) as other:
        assert [await may_play(one, "1"), await may_play(other, "over"), await may_play(one, "3")] == [
            True
        ] * 3
        assert await may_play(other, "4"), "one is over"
        assert not await may_play(one, "5")


async def test_of_many_workers_at_once_no_more_get_a_socket_than_may(parent: LimitServer) -> None:
    async with contextlib.AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(worker(parent)) for _ in range(4)]

        async def opened(limited: Limits) -> bool:
            try:
                await stack.enter_async_context(limited.socket("192.0.2.1"))
            except TooMany:
                return False
            return True

        assert sum(await asyncio.gather(*(opened(limited) for limited in workers * 5))) == 3


async def test_a_worker_that_dies_gives_back_what_it_held(parent: LimitServer) -> None:
    async with worker(parent) as other:
        connection = parent.connect()
        connection.sendall(b'["open", 0, "192.0.2.1", false]\n' + b'["open", 1, "192.0.2.1", false]\n')
        assert connection.recv(100)
        async with other.socket("192.0.2.1"):
            assert await is_full(other, "192.0.2.1")
            connection.close()
            while await is_full(other, "192.0.2.1"):
                pass


async def test_a_client_that_leaves_while_the_parent_is_asked_holds_nothing() -> None:
    parent = LimitServer(SHARED)
    async with worker(parent) as limited:
        for _ in range(4):
            asking = asyncio.create_task(is_full(limited, "192.0.2.1"))
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        asking = asyncio.create_task(is_full(limited, "192.0.2.1"))
        while not asking.done():
            parent.serve(0.001)
            await asyncio.sleep(0)
        assert not asking.result()
    parent.close()


async def test_without_an_answer_a_worker_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "ANSWER_TIMEOUT", 0.01)
    parent = LimitServer(SHARED)  # which does not serve
    async with worker(parent) as limited:
        assert await may(limited, "192.0.2.1")
        parent.close()
        assert [await may(limited, "192.0.2.1") for _ in range(30)] == [True] * 29 + [False]
        assert not await is_full(limited, "192.0.2.1")


async def test_only_one_waits_for_a_parent_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_limits, "ANSWER_TIMEOUT", 0.01)
    parent = LimitServer(SHARED)
    async with worker(parent) as limited:
        assert await may(limited, "192.0.2.1")
        monkeypatch.setattr(shared_limits, "ANSWER_TIMEOUT", 10_000)
        while await may(limited, "192.0.2.1"):
            pass
        asking = asyncio.create_task(may(limited, "192.0.2.1"))
        while not (
            asking.done() and asking.result()
        ):  # until the parent is asked again, which has not counted
            if asking.done():
                asking = asyncio.create_task(may(limited, "192.0.2.1"))
            parent.serve(0.001)
            await asyncio.sleep(0)
    parent.close()
