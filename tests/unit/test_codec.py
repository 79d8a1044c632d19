import msgspec
import pytest

from server.game.events import Ending, GameFinished, Result, Unrecognised
from server.store import codec
from server.store.event_store import NewEvent, RecordedEvent
from tests.support.events import METADATA, recorded, store


def stored(type: str, schema_version: int, **data: object) -> RecordedEvent:
    return store(NewEvent(type=type, schema_version=schema_version, data=data, metadata=METADATA), 1)


@pytest.mark.parametrize(
    ("result", "by"),
    [("PLAYER_ONE_WON", Ending.FOUR), ("PLAYER_TWO_WON", Ending.FOUR), ("TIED", Ending.BOARD_FULL)],
)
def test_the_tutorials_game_finished_is_read_as_todays(result: str, by: Ending) -> None:
    event = codec.upcast(stored("GameFinished", 1, result=result))
    assert event.schema_version == 2
    assert codec.decode(event) == GameFinished(result=Result(result), by=by, cells=())


def test_what_has_todays_shape_is_left_as_it_is() -> None:
    event = recorded(GameFinished(result=Result.TIED, by=Ending.BOARD_FULL), 9)
    assert codec.upcast(event) is event


def test_an_upcaster_leaves_what_was_stored_as_it_was() -> None:
    event = stored("GameFinished", 1, result="TIED")
    codec.upcast(event)
    assert event.data == {"result": "TIED"}


def test_every_old_schema_version_can_be_brought_to_todays() -> None:
    for type, today in codec.SCHEMA_VERSION.items():
        for old in range(1, today):
            assert (type, old) in codec._UPCASTERS


@pytest.mark.parametrize(
    ("type", "schema_version"), [("DiscPolished", 1), ("GameFinished", 3), ("GameFinished", 1)]
)
def test_an_event_of_a_newer_release_is_unrecognised(type: str, schema_version: int) -> None:
    event = codec.decode(stored(type, schema_version, result="TIED"))
    assert event == Unrecognised(type=type, schema_version=schema_version)


def test_data_that_is_not_what_its_type_says_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        codec.decode(stored("MoveMade", 1, player="nobody", column=3))
