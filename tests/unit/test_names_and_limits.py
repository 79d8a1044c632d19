import pytest

from server.api import clean_name, parse_game_id, parse_version
from server.rate_limit import TokenBucket
from server.security import may_open_socket


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Ada", "Ada"),
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("", "Anonymous"),
        ("\u200b\u202e \x00", "Anonymous"),
        ("Ada\u202eecarG", "Ada ecarG"),
        ("A" * 100, "A" * 32),
        ("é", "é"),
        ("ゆき 🦊", "ゆき 🦊"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be_seen(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


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
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


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
        ({"origin": "https://evil.example"}, False),
    ],
)
def test_only_pages_of_ours_and_what_is_no_page_may_open_a_socket(
    headers: dict[str, str], allowed: bool
) -> None:
    assert may_open_socket(headers, frozenset({"https://other.example"})) is allowed
