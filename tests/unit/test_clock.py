"""The rules of the clock, each as a sentence. Three minutes each and two seconds a move, unless said."""

from datetime import timedelta

import pytest

from server.game.board import Seat
from server.game.clock import Arrival, Downtime
from server.game.commands import CallTime, ClaimTimeout, Move
from server.game.events import (
    Abort,
    Clock,
    Ending,
    Event,
    GameAborted,
    GameFinished,
    GameStarted,
    MoveMade,
    MovesTakenBack,
    PlayerId,
    Result,
    TakebackOffered,
    Thinking,
)
from server.game.rejected import Code
from tests.support.scenario import ADA, EVE, GRACE, At, Given, after, arrived, given, started, timed

TERMS = Clock(initial=180, increment=2)
GAIN = 4 * (180 + 20 * 2) + 150
assert GAIN > 1000, "so each move adds 1,000 ms to the quota"


def game(columns: str = "", *left: float) -> tuple[Event, ...]:
    """A game with a clock, after moves that left so many seconds."""
    return (*started(clock=TERMS), *timed(columns, *left))


def move(player: PlayerId, arrival: Arrival) -> Move:
    return Move(player=player, column=6, arrival=arrival)


def moved(player: PlayerId, elapsed: int, lag: int, remaining: int, downtime: int = 0) -> MoveMade:
    thinking = Thinking(elapsed_ms=elapsed, lag_ms=lag, remaining_ms=remaining, downtime_ms=downtime)
    return MoveMade(player=player, column=6, thinking=thinking)


def test_the_first_move_of_each_player_takes_nothing_and_gains_nothing() -> None:
    given(*game()).when(move(ADA, arrived(29.9, lag_ms=50))).then(moved(ADA, 0, 0, 180_000))
    given(*game("1", 180)).when(move(GRACE, arrived(29.9))).then(moved(GRACE, 0, 0, 180_000))


def test_thinking_time_runs_from_the_move_before_and_the_increment_is_added() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(5.25))).then(moved(ADA, 5_250, 0, 176_750))
    given(*game("121", 180, 180, 90)).when(move(GRACE, arrived(10))).then(moved(GRACE, 10_000, 0, 172_000))


def test_what_is_said_meanwhile_does_not_begin_the_thinking_anew() -> None:
    said = At(8, TakebackOffered(player=GRACE))
    given(*game("12", 180, 180), said).when(move(ADA, arrived(10))).then(moved(ADA, 10_000, 0, 172_000))


def test_a_move_from_before_its_turn_takes_no_time() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(-0.02))).then(moved(ADA, 0, 0, 182_000))


def test_measured_lag_is_given_back() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(5, lag_ms=80))).then(moved(ADA, 5_000, 80, 177_080))


def test_no_more_lag_is_given_back_than_there_was_time() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(0.05, lag_ms=80))).then(moved(ADA, 50, 50, 182_000))


def test_the_lag_quota_begins_with_three_gains_and_gets_one_a_move() -> None:
    clock = Clock(initial=20, increment=0)
    gain = 4 * 20 + 150
    began = (*started(clock=clock), *timed("12", 20, 20))
    given(*began).when(move(ADA, arrived(9, lag_ms=5_000))).then(
        moved(ADA, 9_000, 4 * gain, 11_000 + 4 * gain)
    )


def test_lag_that_was_given_back_is_taken_from_the_quota() -> None:
    lagged = moved(ADA, 60_000, 4_000, 126_000)
    grace = MoveMade(player=GRACE, column=0, thinking=Thinking(elapsed_ms=0, lag_ms=0, remaining_ms=99_000))
    past = (*game("12", 180, 180), lagged, grace)
    given(*past).when(move(ADA, arrived(9, lag_ms=5_000))).then(moved(ADA, 9_000, 1_000, 120_000))


def test_the_lag_quota_holds_seven_gains() -> None:
    past = game("1212127676", *[180] * 10)
    given(*past).when(Move(player=ADA, column=3, arrival=arrived(60, lag_ms=60_000))).then(
        MoveMade(
            player=ADA,
            column=3,
            thinking=Thinking(elapsed_ms=60_000, lag_ms=7_000, remaining_ms=129_000),
        )
    )


def test_lag_cannot_be_negative() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(5, lag_ms=-900))).then(moved(ADA, 5_000, 0, 177_000))


def test_downtime_is_given_back() -> None:
    given(*game("12", 180, 180)).when(move(ADA, arrived(65, downtime_ms=61_000))).then(
        moved(ADA, 65_000, 0, 178_000, downtime=61_000)
    )
    given(*game("12", 180, 180)).when(move(ADA, arrived(5, downtime_ms=61_000))).then(
        moved(ADA, 5_000, 0, 182_000, downtime=5_000)
    )


def test_only_the_downtime_of_the_own_turn_is_given_back() -> None:
    downtimes = (Downtime(after(-9), after(1)), Downtime(after(2), after(4)), Downtime(after(9), after(99)))
    arrival = Arrival(at=after(10), downtimes=downtimes)
    given(*game("12", 180, 180)).when(move(ADA, arrival)).then(moved(ADA, 10_000, 0, 176_000, downtime=4_000))


def test_a_move_that_arrives_when_the_time_is_up_comes_too_late() -> None:
    past = game("12", 3, 180)
    given(*past).when(move(ADA, arrived(2.999))).then(moved(ADA, 2_999, 0, 2_001))
    given(*past).when(move(ADA, arrived(3))).then_rejected(Code.TOO_LATE)
    given(*past).when(move(ADA, arrived(3.05, lag_ms=80))).then(moved(ADA, 3_050, 80, 2_030))
    given(*past).when(move(ADA, arrived(3.08, lag_ms=80))).then_rejected(Code.TOO_LATE)
    given(*past).when(move(ADA, arrived(9, downtime_ms=6_500))).then(
        moved(ADA, 9_000, 0, 2_500, downtime=6_500)
    )


def test_a_first_move_has_thirty_seconds() -> None:
    given(*game()).when(move(ADA, arrived(30))).then_rejected(Code.TOO_LATE)
    given(*game("1", 180)).when(move(GRACE, arrived(30))).then_rejected(Code.TOO_LATE)


TIMEOUT = GameFinished(result=Result.PLAYER_TWO_WON, by=Ending.TIMEOUT)


@pytest.mark.parametrize("claim", [ClaimTimeout, CallTime])
def test_whoever_has_no_time_left_has_lost(claim: type[ClaimTimeout] | type[CallTime]) -> None:
    past = given(*game("12", 3, 180))
    past.when(claim(player=GRACE, arrival=arrived(2.999))).then_rejected(Code.NOT_YET)
    past.when(claim(player=GRACE, arrival=arrived(3))).then(TIMEOUT)
    past.when(claim(player=GRACE, arrival=arrived(3.05, lag_ms=80))).then_rejected(Code.NOT_YET)
    past.when(claim(player=GRACE, arrival=arrived(3.08, lag_ms=80))).then(TIMEOUT)
    past.when(claim(player=GRACE, arrival=arrived(9, downtime_ms=6_500))).then_rejected(Code.NOT_YET)


@pytest.mark.parametrize("claim", [ClaimTimeout, CallTime])
@pytest.mark.parametrize("moves", [0, 1])
def test_a_game_whose_first_move_does_not_come_is_aborted(
    claim: type[ClaimTimeout] | type[CallTime], moves: int
) -> None:
    past = given(*game("12"[:moves], *[180][:moves]))
    past.when(claim(player=GRACE, arrival=arrived(29.999))).then_rejected(Code.NOT_YET)
    past.when(claim(player=GRACE, arrival=arrived(30))).then(GameAborted(by=Abort.NO_FIRST_MOVE))


def test_players_claim_and_the_referee_calls() -> None:
    past = given(*game("12", 3, 180))
    past.when(ClaimTimeout(player=EVE, arrival=arrived(3))).then_rejected(Code.NOT_SEATED)
    past.when(CallTime(player=EVE, arrival=arrived(3))).then(TIMEOUT)
    over = given(*game("12", 3, 180), TIMEOUT)
    over.when(ClaimTimeout(player=GRACE, arrival=arrived(3))).then_rejected(Code.GAME_OVER)
    over.when(CallTime(player=EVE, arrival=arrived(3))).then_rejected(Code.GAME_OVER)


def test_no_time_runs_out_without_a_clock() -> None:
    given(*started()).when(ClaimTimeout(player=ADA, arrival=arrived(1e9))).then_rejected(Code.NOT_ALLOWED)
    given(*started()).when(move(ADA, arrived(1e9))).then(MoveMade(player=ADA, column=6))


def clocks(past: Given) -> tuple[int, int]:
    """The milliseconds left to yellow and to red."""
    assert past.game.clocks
    yellow, red = (past.game.clocks.side(seat).remaining_ms for seat in Seat)
    return yellow, red


def test_a_takeback_restores_the_clocks_and_the_time_runs_from_it() -> None:
    past = (*game("1234", 180, 180, 100, 90), TakebackOffered(player=GRACE))
    assert clocks(given(*past)) == (100_000, 90_000)
    one = given(*past, At(50, MovesTakenBack(player=ADA, offer=9, number=1)))
    assert clocks(one) == (100_000, 180_000)
    assert one.game.since == after(50)
    one.when(move(GRACE, arrived(60))).then(moved(GRACE, 10_000, 0, 172_000))
    two = given(*past, At(50, MovesTakenBack(player=ADA, offer=9, number=2)))
    assert clocks(two) == (180_000, 180_000)
    two.when(move(ADA, arrived(60))).then(moved(ADA, 10_000, 0, 172_000))


def test_a_first_move_that_is_taken_back_is_a_first_move_again() -> None:
    past = (*game("12", 180, 180), At(50, MovesTakenBack(player=GRACE, offer=9, number=2)))
    given(*past).when(move(ADA, arrived(70))).then(moved(ADA, 0, 0, 180_000))
    given(*past).when(move(ADA, arrived(80))).then_rejected(Code.TOO_LATE)


def test_the_time_runs_from_the_start() -> None:
    [*created, start] = started(clock=TERMS)
    assert isinstance(start, GameStarted)
    past = given(*created, At(100, start))
    past.when(move(ADA, arrived(129))).then(moved(ADA, 0, 0, 180_000))
    past.when(CallTime(player=EVE, arrival=arrived(130))).then(GameAborted(by=Abort.NO_FIRST_MOVE))


def test_a_moment_between_two_milliseconds_counts_for_the_player() -> None:
    late = Arrival(at=after(5) + timedelta(microseconds=999))
    given(*game("12", 180, 180)).when(move(ADA, late)).then(moved(ADA, 5_000, 0, 177_000))
