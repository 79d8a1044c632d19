from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from msgspec import structs

from server.game.board import Seat
from server.game.events import (
    Bot,
    Clock,
    Ending,
    ForkOf,
    GameCreated,
    GameFinished,
    GameId,
    MoveMade,
    PlayerJoined,
    Result,
    Thinking,
    Unrecognised,
)
from server.store import codec
from server.store.event_store import NewEvent, RecordedEvent
from tests.support.events import METADATA, PLAYER, recorded, store


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


CREATED = GameCreated(created_by=PLAYER, rated=False)


def test_a_game_without_a_clock_is_stored_as_it_always_was() -> None:
    new = codec.encode(CREATED, METADATA)
    assert new.schema_version == 1
    assert msgspec.json.encode(new.data, order="sorted") == (
        b'{"clock":null,"created_by":"00000000-0000-0000-0000-000000000001","fork_of":null,"listed":false,'
        b'"rated":false,"rematch_of":null,"rules":{"columns":7,"connect":4,"rows":6}}'
    )
    move = codec.encode(MoveMade(player=PLAYER, column=3), METADATA)
    assert move.schema_version == 1
    assert move.data == {"player": str(PLAYER), "column": 3}


def test_an_older_server_refuses_a_game_with_a_clock() -> None:
    """It knows GameCreated 1 alone, and takes any other for an event of a newer release."""
    event = recorded(replace(CREATED, clock=Clock(initial=180, increment=2), rated=True), 1)
    assert event.schema_version == 2
    assert (event.data["clock"], event.data["rated"]) == ({"initial": 180, "increment": 2}, True)
    assert codec.decode(event) == replace(CREATED, clock=Clock(initial=180, increment=2), rated=True)


def test_a_newer_game_without_a_clock_is_unrecognised() -> None:
    event = structs.replace(recorded(CREATED, 1), schema_version=2)
    assert codec.decode(event) == Unrecognised(type="GameCreated", schema_version=2)


@pytest.mark.parametrize("downtime", [0, 7])
def test_the_times_of_a_move_stand_beside_its_column(downtime: int) -> None:
    thinking = Thinking(elapsed_ms=5_000, lag_ms=40, remaining_ms=177_040, downtime_ms=downtime)
    event = recorded(MoveMade(player=PLAYER, column=3, thinking=thinking), 5)
    assert event.schema_version == 1
    times = {"elapsed_ms": 5_000, "lag_ms": 40, "remaining_ms": 177_040}
    assert event.data == {
        "player": str(PLAYER),
        "column": 3,
        **times,
        **({"downtime_ms": 7} if downtime else {}),
    }
    assert codec.decode(event) == MoveMade(player=PLAYER, column=3, thinking=thinking)


FORK = replace(CREATED, fork_of=ForkOf(game=GameId(UUID(int=5)), version=9), opening="44512")


def test_an_older_server_refuses_a_game_that_begins_from_a_position() -> None:
    event = recorded(FORK, 1)
    assert event.schema_version == 2
    assert event.data["fork_of"] == {"game": str(UUID(int=5)), "version": 9}
    assert event.data["opening"] == "44512"
    assert codec.decode(event) == FORK
    assert isinstance(codec.decode(structs.replace(event, schema_version=1)), Unrecognised)


def test_a_fork_of_the_empty_board_is_a_plain_game() -> None:
    event = recorded(replace(FORK, opening=""), 1)
    assert event.schema_version == 1
    assert "opening" not in event.data
    assert codec.decode(event) == replace(FORK, opening="")


def test_the_computer_is_marked_where_it_sits_down_and_nobody_else_is() -> None:
    person = PlayerJoined(seat=Seat.RED, player=PLAYER, name="Ada")
    assert "bot" not in codec.encode(person, METADATA).data
    computer = replace(person, bot=Bot(level="hard", engine=1))
    event = recorded(computer, 2)
    assert (event.schema_version, event.data["bot"]) == (1, {"level": "hard", "engine": 1})
    assert codec.decode(event) == computer
