"""given(events).then(entry): what the read model of games makes of a log."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as whatever
from msgspec.structs import replace

from server.game.board import Seat
from server.game.commands import Command
from server.game.events import (
    Abort,
    Clock,
    Ending,
    Event,
    GameAborted,
    GameCreated,
    GameFinished,
    MovesTakenBack,
    Result,
    TakebackOffered,
)
from server.game.state import Status
from server.projections import games
from server.projections.games import GAMES, Game, project
from server.projections.projection import Rows
from server.store.event_store import RecordedEvent
from tests.support.entries import entry
from tests.support.events import STREAM, recorded, roundtrip
from tests.support.scenario import ADA, GRACE, created, moves, started
from tests.unit import test_timed_laws as timed_laws
from tests.unit.test_laws import carried_out, sequences

AT = datetime(2026, 1, 1, tzinfo=UTC)


def log(*events: Event) -> list[RecordedEvent]:
    """These events as a store gives them back, a second apart."""
    return [
        replace(roundtrip(recorded(event, version)), recorded_at=AT + timedelta(seconds=version))
        for version, event in enumerate(events, 1)
    ]


def folded(*events: RecordedEvent) -> Game:
    rows: Rows = {STREAM: None}
    for event in events:
        rows = project(rows, event)
    game = rows[STREAM]
    assert isinstance(game, Game)
    return game


def given(*events: Event) -> "Given":
    return Given(log(*events))


class Given:
    """A log."""

    def __init__(self, events: list[RecordedEvent]) -> None:
        self._events = events

    def then(self, **fields: Any) -> None:
        """Its entry has these fields."""
        game = folded(*self._events)
        assert {name: getattr(game, name) for name in fields} == fields


def test_a_new_game_waits_and_nobody_but_its_creator_sits_there() -> None:
    ada = games.Player(player=ADA, name="Ada")
    given(*created()).then(
        version=2, status=Status.WAITING, players={Seat.YELLOW: ada, Seat.RED: None}, moves="", result=None
    )


def test_a_game_is_played_from_its_start_and_its_moves_are_columns_from_1() -> None:
    given(*started()).then(version=4, status=Status.PLAYING)
    given(*started(), *moves("4471")).then(version=8, status=Status.PLAYING, moves="4471")


def test_a_finished_game_says_how_it_ended() -> None:
    finished = GameFinished(result=Result.PLAYER_TWO_WON, by=Ending.RESIGNATION)
    given(*started(), finished).then(
        status=Status.FINISHED, result="PLAYER_TWO_WON", by="resignation", moves=""
    )


def test_an_entry_was_created_with_its_first_event_and_changed_with_its_last() -> None:
    given(*started()).then(created_at=AT + timedelta(seconds=1), changed_at=AT + timedelta(seconds=4))


@pytest.mark.parametrize(("listed", "rated"), [(True, False), (False, False), (True, True)])
def test_a_game_is_listed_where_it_says_so(listed: bool, rated: bool) -> None:
    given(GameCreated(created_by=ADA, listed=listed, rated=rated)).then(listed=listed, rated=rated)


def test_a_game_of_before_there_was_a_lobby_is_not_listed_although_it_was_recorded_so() -> None:
    [event] = log(GameCreated(created_by=ADA, listed=True))
    before = replace(event, data={key: value for key, value in event.data.items() if key != "rated"})
    assert before.data["listed"]
    assert not folded(before).listed


def test_an_entry_has_the_clock_of_its_game() -> None:
    given(GameCreated(created_by=ADA, clock=Clock(initial=180, increment=2))).then(
        clock=games.Clock(initial=180, increment=2)
    )


@pytest.mark.parametrize("change", [{"type": "DrawOffered"}, {"schema_version": 2}])
def test_an_event_of_a_newer_release_changes_the_version_alone(change: dict[str, Any]) -> None:
    events = log(*started(), *moves("44"))
    newer = replace(events[-1], **change)
    before, after = folded(*events[:-1]), folded(*events[:-1], newer)
    assert after == replace(before, version=6, hash=after.hash, changed_at=newer.recorded_at)
    assert after.moves == "4"


def test_only_the_next_event_of_a_game_is_in_step() -> None:
    assert GAMES.in_step
    events = log(*started())
    assert GAMES.in_step(None, events[0])
    assert not GAMES.in_step(None, events[1])
    game = folded(*events[:2])
    assert [GAMES.in_step(game, event) for event in events] == [False, False, True, False]


@whatever(sequences)
def test_the_entry_is_what_the_game_folds_to_at_every_version(commands: list[Command]) -> None:
    events = log(*carried_out(commands)[0])
    rows: Rows = {STREAM: None}
    for version, event in enumerate(events, 1):
        rows = project(rows, event)
        assert rows == {STREAM: entry(events[:version])}


@whatever(sequences)
def test_an_entry_comes_back_from_the_database_as_it_was(commands: list[Command]) -> None:
    if events := log(*carried_out(commands)[0]):
        game = folded(*events)
        assert msgspec.json.decode(msgspec.json.encode(game), type=Game) == game


@whatever(timed_laws.clocks, timed_laws.sequences)
def test_the_entry_of_a_game_with_a_clock_and_takebacks_is_what_the_domain_folds(
    clock: Clock, tries: list[timed_laws.Try]
) -> None:
    events = log(*(happening.event for happening in timed_laws.carried_out(clock, tries)))
    assert folded(*events) == entry(events)


def test_an_aborted_game_is_over_and_has_no_result() -> None:
    given(*started(), GameAborted(by=Abort.PLAYER, player=ADA)).then(
        status=Status.FINISHED, result=None, by="player"
    )


def test_moves_that_were_taken_back_are_not_among_the_moves() -> None:
    back = MovesTakenBack(player=ADA, offer=7, number=1)
    given(*started(), *moves("12"), TakebackOffered(player=GRACE), back).then(moves="1")
