"""The hash chain over a stream: RFC 8785, held to a library that implements all of it."""

import hashlib
from uuid import UUID

import msgspec
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from server.store.event_store import EMPTY, Head, NewEvent, StreamId
from server.store.history import canonical, hash_of, seal
from tests.support.events import METADATA

STREAM = StreamId(UUID(int=1))

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.text(st.characters(max_codepoint=127), min_size=1, max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)
data = st.dictionaries(keys, values, max_size=5)


@given(data)
def test_what_is_hashed_is_the_rfcs_form_whatever_the_order_of_the_keys(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert canonical(msgspec.json.encode(backwards).decode()) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(data, st.sampled_from(["MoveMade", "GameCreated"]), st.integers(1, 9), st.integers(0, 2**31 - 2))
def test_the_hash_is_that_of_the_protocols_object(
    value: dict[str, object], type: str, schema_version: int, version: int
) -> None:
    event = NewEvent(type=type, schema_version=schema_version, data=value, metadata=METADATA)
    before = hashlib.sha256(b"before").digest()
    [sealed] = seal(STREAM, Head(version, before), [event])
    hashed = {
        "game": str(STREAM),
        "version": version + 1,
        "type": type,
        "schema_version": schema_version,
        "data": value,
        "metadata": msgspec.to_builtins(METADATA),
    }
    assert sealed.hash == hashlib.sha256(before + rfc8785.dumps(hashed)).digest()
    assert (sealed.version, sealed.event) == (version + 1, event)


def test_each_hash_rests_on_all_events_before() -> None:
    def last(*columns: int) -> bytes:
        events = [
            NewEvent(type="MoveMade", schema_version=1, data={"column": c}, metadata=METADATA)
            for c in columns
        ]
        return seal(STREAM, EMPTY, events)[-1].hash

    assert last(1, 2, 3) == last(1, 2, 3)
    assert len({last(1, 2, 3), last(0, 2, 3), last(1, 0, 3), last(1, 2, 0), last(2, 3)}) == 5


def test_the_same_events_in_another_game_have_other_hashes() -> None:
    one, other = (hash_of(bytes(32), UUID(int=n), 1, "MoveMade", 1, b"{}", b"{}") for n in (1, 2))
    assert one != other
