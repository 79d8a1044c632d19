"""Events that several projections read one after the other are decoded once."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from server.store import codec, postgres_read_models
from server.store.postgres_read_models import _Events

ID = uuid4()


def row(**changes: Any) -> Any:
    metadata = b'{"causation_id":"%b","command_id":"%b","correlation_id":"%b","player":"%b","server":"one"}'
    return {
        "stream_id": ID,
        "version": 1,
        "type": "GameStarted",
        "schema_version": 1,
        "data": '{"player_one":"a","player_two":"b"}',
        "metadata": (metadata % ((str(ID).encode(),) * 4)).decode(),
        "recorded_at": datetime.now(UTC),
        "transaction_id": 7,
        "position": 9,
        "hash": b"\1" * 32,
        **changes,
    }


def test_an_event_is_decoded_once() -> None:
    events = _Events(codec.upcast)
    [first] = events.of([row()])
    again, next = events.of([row(), row(position=10)])
    assert again is first
    assert next is not first


def test_another_event_in_its_place_is_not_taken_for_it() -> None:
    events = _Events(codec.upcast)
    [first] = events.of([row()])
    [other] = events.of([row(hash=b"\2" * 32, type="GameAborted")])
    assert (first.type, other.type) == ("GameStarted", "GameAborted")


def test_an_event_without_a_hash_is_read_anew() -> None:
    events = _Events(codec.upcast)
    [first], [other] = events.of([row(hash=None)]), events.of([row(hash=None, type="GameAborted")])
    assert (first.type, other.type) == ("GameStarted", "GameAborted")


def test_few_events_are_kept() -> None:
    events = _Events(codec.upcast)
    for start in range(0, 3 * postgres_read_models.KEPT, 1000):
        events.of([row(position=start + number) for number in range(1000)])
    assert len(events._kept) <= postgres_read_models.KEPT + 1000
