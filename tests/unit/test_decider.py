"""The rules, each as a sentence."""

from dataclasses import replace

import pytest

from server.game.board import Seat
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.events import (
    Ending,
    Event,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    PlayerJoined,
    Result,
    Unrecognised,
)
from server.game.rejected import Code
from tests.golden.rules import DRAWN
from tests.support.scenario import ADA, EVE, GRACE, created, given, moves, started

ONE_WON, TWO_WON, TIED = Result.PLAYER_ONE_WON, Result.PLAYER_TWO_WON, Result.TIED


def finished() -> tuple[Event, ...]:
    return (*started(), GameFinished(result=TWO_WON, by=Ending.RESIGNATION))


def test_who_creates_a_game_sits_down_at_it() -> None:
    given().when(Create(player=ADA, name="Ada", seat=Seat.RED, listed=True)).then(
        GameCreated(created_by=ADA, listed=True, rated=False),
        PlayerJoined(seat=Seat.RED, player=ADA, name="Ada"),
    )


def test_a_game_is_created_once() -> None:
    given(*created()).when(Create(player=EVE, name="Eve", seat=Seat.RED)).then_rejected(Code.GAME_EXISTS)


@pytest.mark.parametrize(
    "command", [Join(player=EVE, name="Eve"), Move(player=EVE, column=0), Resign(player=EVE)], ids=str
)
def test_nothing_can_be_done_in_a_game_that_was_not_created(command: Command) -> None:
    given().when(command).then_rejected(Code.NO_SUCH_GAME)


def test_the_second_player_takes_the_free_seat_and_the_game_starts() -> None:
    given(*created()).when(Join(player=GRACE, name="Grace")).then(
        PlayerJoined(seat=Seat.RED, player=GRACE, name="Grace"), GameStarted(player_one=ADA, player_two=GRACE)
    )


def test_yellow_is_player_one_whoever_came_first() -> None:
    past = (GameCreated(created_by=ADA), PlayerJoined(seat=Seat.RED, player=ADA, name="Ada"))
    given(*past).when(Join(player=GRACE, name="Grace")).then(
        PlayerJoined(seat=Seat.YELLOW, player=GRACE, name="Grace"),
        GameStarted(player_one=GRACE, player_two=ADA),
    )


def test_there_is_no_third_seat() -> None:
    given(*started()).when(Join(player=EVE, name="Eve")).then_rejected(Code.SEAT_TAKEN)
    given(*finished()).when(Join(player=EVE, name="Eve")).then_rejected(Code.SEAT_TAKEN)


def test_yellow_moves_first() -> None:
    given(*started()).when(Move(player=ADA, column=3)).then(MoveMade(player=ADA, column=3))
    given(*started()).when(Move(player=GRACE, column=3)).then_rejected(Code.NOT_YOUR_TURN)


def test_players_take_turns() -> None:
    given(*started(), *moves("4")).when(Move(player=GRACE, column=3)).then(MoveMade(player=GRACE, column=3))
    given(*started(), *moves("4")).when(Move(player=ADA, column=3)).then_rejected(Code.NOT_YOUR_TURN)


@pytest.mark.parametrize("column", [-1, 7, 1_000_000])
def test_there_are_seven_columns(column: int) -> None:
    given(*started()).when(Move(player=ADA, column=column)).then_rejected(Code.NO_SUCH_COLUMN)


def test_a_column_takes_six_discs() -> None:
    given(*started(), *moves("11111")).when(Move(player=GRACE, column=0)).then(
        MoveMade(player=GRACE, column=0)
    )
    given(*started(), *moves("111111")).when(Move(player=ADA, column=0)).then_rejected(Code.COLUMN_FULL)


@pytest.mark.parametrize("command", [Move(player=ADA, column=0), Resign(player=ADA)], ids=str)
def test_nobody_plays_alone(command: Command) -> None:
    given(*created()).when(command).then_rejected(Code.GAME_NOT_STARTED)


@pytest.mark.parametrize("command", [Move(player=ADA, column=0), Resign(player=GRACE)], ids=str)
def test_nothing_is_played_after_the_end(command: Command) -> None:
    given(*finished()).when(command).then_rejected(Code.GAME_OVER)


@pytest.mark.parametrize("command", [Move(player=EVE, column=0), Resign(player=EVE)], ids=str)
def test_who_watches_does_not_play(command: Command) -> None:
    given(*started()).when(command).then_rejected(Code.NOT_SEATED)


@pytest.mark.parametrize(
    ("played", "result", "cells"),
    [
        ("1212121", ONE_WON, ((0, 0), (0, 1), (0, 2), (0, 3))),
        ("1122334", ONE_WON, ((0, 0), (1, 0), (2, 0), (3, 0))),
        ("12234334544", ONE_WON, ((0, 0), (1, 1), (2, 2), (3, 3))),
        ("76654554344", ONE_WON, ((3, 3), (4, 2), (5, 1), (6, 0))),
        ("72121212", TWO_WON, ((1, 0), (1, 1), (1, 2), (1, 3))),
    ],
    ids=["vertical", "horizontal", "rising", "falling", "by red"],
)
def test_four_in_a_row_wins(played: str, result: Result, cells: tuple[tuple[int, int], ...]) -> None:
    player, column = (GRACE, ADA)[len(played) % 2], int(played[-1]) - 1
    given(*started(), *moves(played[:-1])).when(Move(player=player, column=column)).then(
        MoveMade(player=player, column=column), GameFinished(result=result, by=Ending.FOUR, cells=cells)
    )


def test_a_full_board_with_no_four_is_a_draw() -> None:
    given(*started(), *moves(DRAWN[:-1])).when(Move(player=GRACE, column=int(DRAWN[-1]) - 1)).then(
        MoveMade(player=GRACE, column=int(DRAWN[-1]) - 1), GameFinished(result=TIED, by=Ending.BOARD_FULL)
    )


def test_who_resigns_has_lost_whosever_turn_it_is() -> None:
    given(*started()).when(Resign(player=ADA)).then(GameFinished(result=TWO_WON, by=Ending.RESIGNATION))
    given(*started()).when(Resign(player=GRACE)).then(GameFinished(result=ONE_WON, by=Ending.RESIGNATION))


# A newer release ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [Move(player=ADA, column=0), Resign(player=ADA), Join(player=EVE, name="Eve")]
)
def test_an_unrecognised_event_changes_only_the_version_and_refuses_commands(command: Command) -> None:
    unrecognised = Unrecognised(type="DiscPolished", schema_version=1)
    before, after = given(*started()).game, given(*started(), unrecognised).game
    assert after == replace(before, version=before.version + 1, unrecognised=True)
    given(*started(), unrecognised).when(command).then_rejected(Code.UNAVAILABLE)
