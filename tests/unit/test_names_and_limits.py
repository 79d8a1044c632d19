from typing import Any

import pytest

from server.errors import TooMany
from server.serving.limits import REMEMBERED, Limits
from server.serving.rate_limit import TokenBucket
from server.settings import Settings
from server.web.security import may_open_socket
from server.wire.paths import parse_game_id, parse_version


@pytest.mark.parametrize("value", ["-1", "x", "1.5", " 1", "+1", "1" * 10, "²", "１"])
def test_a_version_is_a_plain_number_of_nine_digits_at_most(value: str) -> None:
    assert parse_version(value) is None
    assert parse_version("999999999") == 999999999


@pytest.mark.parametrize("value", ["", "x", "0" * 31, "../../etc/passwd"])
def test_what_is_no_uuid_is_no_game(value: str) -> None:
    assert parse_game_id(value) is None


def test_a_token_bucket_allows_a_burst_and_then_its_rate() -> None:
    now = 0.0
    bucket = TokenBucket(rate=2, burst=3, clock=lambda: now)
    assert [bucket.try_spend() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.try_spend() for _ in range(2)] == [True, False]
    now = 100
    assert [bucket.try_spend() for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"host": "game.example"}, True),
        ({"host": "game.example", "origin": "https://game.example"}, True),
        ({"host": "game.example:8000", "origin": "http://game.example:8000"}, True),
        ({"host": "game.example", "origin": "https://GAME.example"}, True),
        ({"host": "game.example", "origin": "https://other.example"}, True),
        ({"host": "game.example", "origin": "https://evil.example"}, False),
        ({"host": "game.example", "origin": "https://game.example.evil.example"}, False),
        ({"host": "game.example", "origin": "https://game.example:8443"}, False),
        ({"host": "game.example", "origin": "null"}, False),
        ({"host": "", "origin": "null"}, False),
        ({"host": "game.example", "origin": "http://["}, False),
        ({"origin": "https://evil.example"}, False),
    ],
)
def test_only_pages_of_ours_and_what_is_no_page_may_open_a_socket(
    headers: dict[str, str], allowed: bool
) -> None:
    assert may_open_socket(headers, frozenset({"https://other.example"})) is allowed


def limits(**settings: Any) -> Limits:
    return Limits(Settings(**settings), clock=lambda: 0.0)


def test_there_are_no_more_sockets_than_there_may_be() -> None:
    limited = limits(max_sockets=2)
    with (
        limited.socket("192.0.2.1"),
        limited.socket("127.0.0.1"),
        pytest.raises(TooMany),
        limited.socket("192.0.2.2"),
    ):
        pass
    with limited.socket("192.0.2.2"):
        pass


def test_one_address_cannot_take_all_sockets() -> None:
    limited = limits(sockets_per_address=1)
    with (
        limited.socket("192.0.2.1"),
        limited.socket("192.0.2.2"),
        pytest.raises(TooMany),
        limited.socket("192.0.2.1"),
    ):
        pass


def test_of_ipv6_a_line_is_one_address() -> None:
    limited = limits(sockets_per_address=1, games_per_minute=1)
    with limited.socket("2001:db8:1:2::3"):
        with pytest.raises(TooMany), limited.socket("2001:db8:1:2:ffff::4"):
            pass
        with limited.socket("2001:db8:1:3::3"):
            pass
    assert limited.may_create("2001:db8:1:2::3")
    assert not limited.may_create("2001:db8:1:2::4%eth0")
    assert limited.may_create("2001:db8:1:3::3")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", None])
def test_this_machine_is_exempt_unless_the_settings_say_otherwise(
    address: str | None,
) -> None:
    exempt = limits(sockets_per_address=1, games_per_minute=1)
    with exempt.socket(address), exempt.socket(address):
        assert exempt.messages(address) is None
        assert [exempt.may_create(address) for _ in range(3)] == [True, True, True]
    limited = limits(sockets_per_address=1, games_per_minute=1, limit_loopback=True)
    with limited.socket(address), pytest.raises(TooMany), limited.socket(address):
        pass
    assert limited.messages(address)
    assert [limited.may_create(address) for _ in range(3)] == [True, False, False]


def test_each_address_has_its_own_games_and_only_the_latest_are_remembered() -> None:
    limited = limits(games_per_minute=1)
    assert limited.may_create("192.0.2.1")
    assert not limited.may_create("192.0.2.1")
    for number in range(REMEMBERED):
        assert limited.may_create(f"2001:db8:0:{number:x}::1")
    assert limited.may_create("192.0.2.1"), "forgotten by now"
