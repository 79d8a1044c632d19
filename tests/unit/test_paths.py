from functools import reduce
from operator import and_
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import assume, given
from hypothesis.strategies import text, uuids

from server.store.ids import derived, random_id
from server.wire.paths import parse_game_id, parse_version


@pytest.mark.parametrize("value", ["-1", "x", "1.5", " 1", "+1", "1" * 10, "²", "１"])
def test_a_version_is_a_plain_number_of_nine_digits_at_most(value: str) -> None:
    assert parse_version(value) is None
    assert parse_version("999999999") == 999999999


@pytest.mark.parametrize("value", ["", "x", "0" * 31, "../../etc/passwd"])
def test_what_is_no_uuid_is_no_game(value: str) -> None:
    assert parse_game_id(value) is None


@pytest.mark.parametrize("form", ["{}", "{{{}}}", "urn:uuid:{}"])
def test_a_game_is_named_in_any_form_of_its_id(form: str) -> None:
    id = uuid4()
    for written in (str(id), str(id).upper(), id.hex):
        assert parse_game_id(form.format(written)) == id


@given(uuids(), text())
def test_a_derived_id_is_that_of_the_rfc(namespace: UUID, name: str) -> None:
    assume(name.isprintable())
    derived_id = derived(namespace, name)
    assert derived_id == uuid5(namespace, name)
    assert str(derived_id) == str(uuid5(namespace, name))


def test_a_new_id_is_random_and_says_so() -> None:
    ids = [random_id() for _ in range(100)]
    assert len({*ids}) == 100
    assert all(id.version == 4 for id in ids)
    assert not reduce(and_, (id.int for id in ids)) & ~(0xF << 76 | 0x3 << 62)
