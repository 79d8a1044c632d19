import pytest

from server.wire.paths import parse_game_id, parse_version


@pytest.mark.parametrize("value", ["-1", "x", "1.5", " 1", "+1", "1" * 10, "²", "１"])
def test_a_version_is_a_plain_number_of_nine_digits_at_most(value: str) -> None:
    assert parse_version(value) is None
    assert parse_version("999999999") == 999999999


@pytest.mark.parametrize("value", ["", "x", "0" * 31, "../../etc/passwd"])
def test_what_is_no_uuid_is_no_game(value: str) -> None:
    assert parse_game_id(value) is None
