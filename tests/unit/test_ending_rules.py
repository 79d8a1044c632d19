"""Aborting and abandoning a game: each rule as a sentence. The clock's end is in test_clock.py."""

from typing import Any

import pytest

from server.game.board import Seat
from server.game.commands import Abort, Away, Claim, ClaimAbandonment, Join
from server.game.events import Abort as AbortedBy
from server.game.events import (
    Bot,
    Clock,
    Ending,
    Event,
    GameAborted,
    GameFinished,
    GameStarted,
    PlayerId,
    PlayerJoined,
    Result,
)
from server.game.rejected import Code
from tests.support.scenario import ADA, EVE, GRACE, after, created, given, moves, started

RESIGNED = GameFinished(result=Result.PLAYER_TWO_WON, by=Ending.RESIGNATION)
DAY = 24 * 60 * 60


def test_who_waits_for_an_opponent_can_abort() -> None:
    aborted = GameAborted(by=AbortedBy.CREATOR, player=ADA)
    given(*created()).when(Abort(player=ADA)).then(aborted)
    given(*created()).when(Abort(player=EVE)).then_rejected(Code.NOT_SEATED)
    given(*created(), aborted).when(Abort(player=ADA)).then_rejected(Code.GAME_OVER)


def test_nobody_joins_a_game_that_was_aborted() -> None:
    aborted = GameAborted(by=AbortedBy.CREATOR, player=ADA)
    given(*created(), aborted).when(Join(player=GRACE, name="Grace")).then_rejected(Code.GAME_OVER)


@pytest.mark.parametrize("player", [ADA, GRACE])
def test_either_player_can_abort_before_the_second_ply(player: PlayerId) -> None:
    aborted = GameAborted(by=AbortedBy.PLAYER, player=player)
    given(*started()).when(Abort(player=player)).then(aborted)
    given(*started(), *moves("1")).when(Abort(player=player)).then(aborted)
    given(*started(), *moves("12")).when(Abort(player=player)).then_rejected(Code.TOO_LATE)
    given(*started(), RESIGNED).when(Abort(player=player)).then_rejected(Code.GAME_OVER)


def test_an_aborted_game_is_over_and_has_no_result() -> None:
    game = given(*started(), GameAborted(by=AbortedBy.PLAYER, player=ADA)).game
    assert (game.status, game.result, game.next) == ("finished", None, None)


def claim(seconds: float, away: Away | None, result: Claim = Claim.WIN) -> ClaimAbandonment:
    return ClaimAbandonment(player=ADA, result=result, at=after(seconds), away=away)


GONE, LEFT = Away(since=after(0)), Away(since=after(0), left=True)
WON = GameFinished(result=Result.PLAYER_ONE_WON, by=Ending.ABANDONMENT)
CLOCK = Clock(initial=600, increment=0)


@pytest.mark.parametrize(
    ("past", "away", "seconds"),
    [
        (started(clock=CLOCK, listed=False), GONE, 40),
        (started(clock=CLOCK, listed=True, rated=False), GONE, 40),
        (started(clock=CLOCK, listed=False), LEFT, 10),
        (started(listed=True, rated=False), GONE, 60),
        (started(listed=True, rated=False), LEFT, 60),
    ],
    ids=["clock", "listed with a clock", "left on purpose", "listed", "listed, left on purpose"],
)
def test_a_win_is_claimed_against_a_player_who_is_away(
    past: tuple[Event, ...], away: Away, seconds: float
) -> None:
    given(*past).when(claim(seconds - 0.001, away)).then_rejected(Code.NOT_YET)
    given(*past).when(claim(seconds, away)).then(WON)
    given(*past).when(claim(seconds, None)).then_rejected(Code.NOT_YET)


def test_a_draw_can_be_claimed_instead() -> None:
    given(*started(listed=True, rated=False)).when(claim(60, GONE, Claim.DRAW)).then(
        GameFinished(result=Result.TIED, by=Ending.ABANDONMENT)
    )


@pytest.mark.parametrize("away", [GONE, LEFT, None])
def test_friends_have_fourteen_days_for_a_move_wherever_they_are(away: Away | None) -> None:
    past = (*started(listed=False), *moves("1"))
    given(*past).when(claim(14 * DAY - 1, away)).then_rejected(Code.NOT_YET)
    given(*past).when(claim(14 * DAY, away)).then(WON)
    own_turn = started(listed=False)
    given(*own_turn).when(claim(99 * DAY, away)).then_rejected(Code.NOT_YET)


@pytest.mark.parametrize("terms", [{"clock": CLOCK}, {"listed": True, "rated": False}])
def test_the_computer_is_never_away(terms: dict[str, Any]) -> None:
    computer = PlayerJoined(seat=Seat.RED, player=GRACE, name="Computer", bot=Bot(level="easy", engine=1))
    past = (*created(**terms), computer, GameStarted(player_one=ADA, player_two=GRACE))
    given(*past).when(claim(99, GONE)).then_rejected(Code.NOT_YET)


def test_only_players_of_a_game_under_way_claim() -> None:
    elsewhere = ClaimAbandonment(player=EVE, result=Claim.WIN, at=after(99), away=GONE)
    given(*started(listed=True, rated=False)).when(elsewhere).then_rejected(Code.NOT_SEATED)
    given(*started(listed=True, rated=False), RESIGNED).when(claim(99, GONE)).then_rejected(Code.GAME_OVER)
    given(*created(listed=True, rated=False)).when(claim(99, GONE)).then_rejected(Code.GAME_NOT_STARTED)
