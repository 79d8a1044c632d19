"""What holds in a game with a clock, whatever is tried and however time passes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from server.game.board import COLUMNS, Seat
from server.game.commands import (
    Abort,
    AcceptDraw,
    AcceptTakeback,
    CallTime,
    Claim,
    ClaimAbandonment,
    ClaimTimeout,
    Command,
    Create,
    DeclineTakeback,
    Join,
    Move,
    OfferDraw,
    OfferTakeback,
    Resign,
)
from server.game.decider import decide
from server.game.events import (
    Clock,
    Event,
    GameAborted,
    GameFinished,
    MoveMade,
    MovesTakenBack,
    PlayerId,
)
from server.game.rejected import Rejected
from server.game.state import NO_GAME, Game, Status, evolve
from server.store import codec
from tests.support.events import recorded, roundtrip
from tests.support.scenario import ADA, BEGAN, EVE, GRACE, arrival


class Happening(NamedTuple):
    """An event and its moment, and the game after it."""

    event: Event
    at: datetime
    game: Game


@dataclass(frozen=True, kw_only=True)
class Try:
    """Something that somebody tries, after a pause. With an `offer` of 0 an answer is
    one that fits."""

    pause_ms: int
    commit_ms: int
    kind: str
    player: PlayerId
    column: int
    offer: int
    lag_ms: int
    downtime_ms: int

    def command(self, game: Game, at: datetime) -> Command:
        player = self.player
        offer = game.offers.open.version if game.offers.open and not self.offer else game.version
        times = arrival(at, self.lag_ms, self.downtime_ms)
        mover = game.player_at(game.next) if game.next else None
        if self.kind in ("allow", "refuse", "agree") and game.offers.open and not self.offer:
            player = GRACE if game.offers.open.seat is Seat.YELLOW else ADA  # who may answer
        match self.kind:
            case "claim":
                return ClaimTimeout(player=player, arrival=times)
            case "call":
                return CallTime(player=EVE, arrival=times)
            case "draw":
                return OfferDraw(player=player)
            case "agree":
                return AcceptDraw(player=player, offer=offer)
            case "take back":
                return OfferTakeback(player=player, at=at)
            case "allow":
                return AcceptTakeback(player=player, offer=offer)
            case "refuse":
                return DeclineTakeback(player=player, offer=offer)
            case "abort":
                return Abort(player=player)
            case "resign":
                return Resign(player=player)
            case "abandon":
                return ClaimAbandonment(player=player, result=Claim.WIN, at=at, away=None)
            case _:
                return Move(player=mover.player if mover else player, column=self.column, arrival=times)


KINDS = ["move"] * 12 + ["take back", "allow"] * 3 + ["refuse", "draw", "claim", "call"]
RARE = ["agree", "abort", "resign", "abandon"]

tries = st.builds(
    Try,
    pause_ms=st.integers(-50, 9_000),
    commit_ms=st.integers(0, 100),
    kind=st.sampled_from([*KINDS * 3, *RARE]),
    player=st.sampled_from([ADA, GRACE, ADA, GRACE, EVE]),
    column=st.integers(0, COLUMNS - 1),
    offer=st.sampled_from([0, 0, 0, 1]),
    lag_ms=st.integers(0, 3_000),
    downtime_ms=st.one_of(st.just(0), st.integers(0, 5_000)),
)
clocks = st.builds(Clock, initial=st.integers(10, 60), increment=st.integers(0, 3))
sequences = st.one_of(st.lists(tries, min_size=30, max_size=60), st.lists(tries, max_size=60))


def carried_out(clock: Clock, tries: list[Try]) -> list[Happening]:
    """All that happens in a game with this clock."""
    log: list[Happening] = []
    game, at = NO_GAME, BEGAN

    def give(command: Command, recorded_at: datetime) -> None:
        nonlocal game
        for event in decide(game, command):
            game = evolve(game, event, recorded_at)
            log.append(Happening(event, recorded_at, game))

    give(Create(player=ADA, name="Ada", seat=Seat.YELLOW, clock=clock), at)
    give(Join(player=GRACE, name="Grace"), at)
    for each in tries:
        at += timedelta(milliseconds=each.pause_ms)
        recorded_at = at + timedelta(milliseconds=each.commit_ms)
        try:
            give(each.command(game, at), recorded_at)
        except Rejected:
            continue
        at = recorded_at
    return log


def left(game: Game) -> dict[Seat, int]:
    assert game.clocks
    return {seat: game.clocks.side(seat).remaining_ms for seat in Seat}


@given(clocks, sequences)
def test_the_clocks_at_each_version_are_what_is_left_of_the_moves_on_the_board(
    clock: Clock, tries: list[Try]
) -> None:
    moves: list[int] = []
    for event, _, game in carried_out(clock, tries):
        if isinstance(event, MoveMade):
            assert event.thinking
            moves.append(event.thinking.remaining_ms)
        elif isinstance(event, MovesTakenBack):
            del moves[-event.number :]
        full = clock.initial * 1000
        expected = {seat: [full, *moves[place::2]][-1] for place, seat in enumerate(Seat)}
        assert left(game) == expected
        assert len(game.columns) == len(moves)


@given(clocks, sequences)
def test_what_is_left_is_what_was_less_the_thinking_and_rises_by_increment_and_gifts_alone(
    clock: Clock, tries: list[Try]
) -> None:
    before = NO_GAME
    for event, _, game in carried_out(clock, tries):
        if isinstance(event, MoveMade):
            assert event.thinking
            seat, thinking, first = before.next, event.thinking, len(before.columns) < 2
            assert seat
            charged = thinking.elapsed_ms - thinking.lag_ms - thinking.downtime_ms
            increment = 0 if first else clock.increment * 1000
            assert left(game)[seat] == left(before)[seat] - charged + increment
            assert left(game)[seat.other] == left(before)[seat.other]
            assert charged >= 0 <= thinking.lag_ms
            assert left(game)[seat] > 0
            assert not first or thinking.elapsed_ms == 0
        elif before.clocks and not isinstance(event, MovesTakenBack):
            assert left(game) == left(before)
        before = game


@given(clocks, sequences)
def test_the_lag_given_back_is_bounded_by_the_quota(clock: Clock, tries: list[Try]) -> None:
    gain = min(1000, 4 * (clock.initial + 20 * clock.increment) + 150)
    given_back = {ADA: 0, GRACE: 0}
    moves = {ADA: 0, GRACE: 0}
    for event, _, _ in carried_out(clock, tries):
        if isinstance(event, MovesTakenBack):
            return
        if isinstance(event, MoveMade):
            assert event.thinking
            given_back[event.player] += event.thinking.lag_ms
            assert given_back[event.player] <= (3 + moves[event.player]) * gain
            assert event.thinking.lag_ms <= 7 * gain
            moves[event.player] += 1


@given(clocks, sequences)
def test_a_game_with_a_clock_ends_at_most_once_and_nothing_is_played_after(
    clock: Clock, tries: list[Try]
) -> None:
    log = carried_out(clock, tries)
    ends = [
        number for number, (event, _, _) in enumerate(log) if isinstance(event, GameFinished | GameAborted)
    ]
    assert ends in ([], [len(log) - 1])
    assert (log[-1].game.status is Status.FINISHED) == bool(ends)


@given(clocks, sequences)
def test_any_prefix_of_a_timed_log_replays_to_the_game_at_that_version(
    clock: Clock, tries: list[Try]
) -> None:
    replayed = NO_GAME
    for version, (event, at, game) in enumerate(carried_out(clock, tries), 1):
        replayed = evolve(replayed, codec.decode(roundtrip(recorded(event, version))), at)
        assert replayed == game
        assert replayed.version == version


@given(clocks, sequences)
def test_a_takeback_restores_the_game_as_it_was(clock: Clock, tries: list[Try]) -> None:
    by_plies: dict[int, Game] = {}
    for event, _, game in carried_out(clock, tries):
        if isinstance(event, MovesTakenBack):
            then = by_plies[len(game.columns)]
            assert (game.board, game.columns, game.clocks) == (then.board, then.columns, then.clocks)
        by_plies[len(game.columns)] = game
