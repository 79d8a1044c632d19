"""Games that begin with a position of another, and games against the computer: each rule as a sentence."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given as whatever
from hypothesis import strategies as st

from server.game.board import Seat
from server.game.clock import FIRST_MOVE, Arrival
from server.game.commands import Abort, Create, Join, Move, OfferDraw, OfferTakeback, StartRematch
from server.game.events import (
    Bot,
    Clock,
    Ending,
    Event,
    ForkOf,
    GameCreated,
    GameFinished,
    GameId,
    GameStarted,
    MoveMade,
    PlayerJoined,
    Result,
    TakebackOffered,
    Thinking,
)
from server.game.rejected import Code
from server.game.state import evolve, fold
from tests.support.scenario import ADA, GRACE, after, given, moves, started

PARENT = ForkOf(game=GameId(UUID(int=50)), version=9)
COMPUTER = PlayerJoined(seat=Seat.RED, player=GRACE, name="Computer", bot=Bot(level="easy", engine=1))


def forked(opening: str, clock: Clock | None = None) -> tuple[Event, ...]:
    return started(fork_of=PARENT, opening=opening, clock=clock)


def test_the_computer_sits_down_as_the_game_is_created_which_starts_at_once() -> None:
    create = Create(player=ADA, name="Ada", seat=Seat.YELLOW, opponent=COMPUTER)
    given().when(create).then(
        GameCreated(created_by=ADA, rated=False),
        PlayerJoined(seat=Seat.YELLOW, player=ADA, name="Ada"),
        COMPUTER,
        GameStarted(player_one=ADA, player_two=GRACE),
    )
    log = (
        GameCreated(created_by=ADA),
        PlayerJoined(seat=Seat.YELLOW, player=ADA, name="Ada"),
        COMPUTER,
        GameStarted(player_one=ADA, player_two=GRACE),
    )
    assert fold(log).bot == COMPUTER
    given(*log).when(Join(player=GRACE, name="Grace")).then_rejected(Code.SEAT_TAKEN)


def test_a_fork_begins_with_its_position_and_whoever_is_to_move_there() -> None:
    create = Create(player=ADA, name="Ada", seat=Seat.RED, fork_of=PARENT, opening="443")
    given().when(create).then(
        GameCreated(created_by=ADA, rated=False, fork_of=PARENT, opening="443"),
        PlayerJoined(seat=Seat.RED, player=ADA, name="Ada"),
    )
    game = fold(forked("443"))
    assert game.columns == (3, 3, 2)
    assert game.next is Seat.RED
    assert game.board == fold((*started(), *moves("443"))).board


@whatever(st.lists(st.integers(1, 7), max_size=20), st.integers(0, 20))
def test_a_fork_goes_on_as_its_parent_does(columns: list[int], number: int) -> None:
    played = "".join(str(column) for column in columns if columns.count(column) <= 6)
    number = min(number, len(played))
    whole = fold((*started(), *moves(played)))
    rest = moves(played)[number:]
    fork = fold((*forked(played[:number]), *rest))
    assert (fork.board, fork.columns, fork.next) == (whole.board, whole.columns, whole.next)
    assert fork.plies == len(rest)


def test_a_four_that_began_before_the_fork_wins() -> None:
    given(*forked("121212")).when(Move(player=ADA, column=0)).then(
        MoveMade(player=ADA, column=0),
        GameFinished(result=Result.PLAYER_ONE_WON, by=Ending.FOUR, cells=((0, 0), (0, 1), (0, 2), (0, 3))),
    )


def test_nothing_of_the_opening_is_taken_back() -> None:
    asking = OfferTakeback(player=GRACE, at=after(0))
    given(*forked("443")).when(asking).then_rejected(Code.TOO_SOON)
    given(*forked("443"), *moves("4431")[3:]).when(asking).then(TakebackOffered(player=GRACE))


def test_a_fork_can_be_aborted_until_both_have_moved_in_it_and_drawn_from_then_on() -> None:
    one = (*forked("443"), *moves("4431")[3:])
    two = (*forked("443"), *moves("44315")[3:])
    given(*one).when(OfferDraw(player=ADA)).then_rejected(Code.TOO_SOON)
    given(*two).when(Abort(player=ADA)).then_rejected(Code.TOO_LATE)


def test_each_first_move_of_a_fork_is_free_and_has_thirty_seconds() -> None:
    clock = Clock(initial=60, increment=1)
    game = fold(forked("443", clock))
    assert game.clocks
    assert not game.clocks.running
    at = datetime(2026, 1, 1, tzinfo=UTC)
    due = game.clocks.due(at, Arrival(at=at))
    assert due == at + FIRST_MOVE


def test_each_player_of_a_fork_has_the_own_clock() -> None:
    left = (61_000, 62_000, 50_000, 40_000)
    game = fold(forked("443", Clock(initial=60, increment=1)))
    for number, remaining in enumerate(left):
        thinking = Thinking(elapsed_ms=0, lag_ms=0, remaining_ms=remaining)
        player = ADA if number % 2 else GRACE
        game = evolve(game, MoveMade(player=player, column=number, thinking=thinking))
    assert game.clocks
    assert game.clocks.side(Seat.RED).remaining_ms == 50_000
    assert game.clocks.side(Seat.YELLOW).remaining_ms == 40_000
    assert game.clocks.taken_back(2).side(Seat.RED).remaining_ms == 61_000


def test_a_rematch_of_a_fork_begins_with_the_same_position() -> None:
    players = (
        PlayerJoined(seat=Seat.YELLOW, player=GRACE, name="Grace"),
        PlayerJoined(seat=Seat.RED, player=ADA, name="Ada"),
    )
    start = StartRematch(
        player=ADA, created_by=ADA, players=players, rematch_of=GameId(UUID(int=51)), listed=False,
        rated=False, clock=None, fork_of=PARENT, opening="443",
    )  # fmt: skip
    given().when(start).then(
        GameCreated(
            created_by=ADA,
            rated=False,
            rematch_of=GameId(UUID(int=51)),
            fork_of=PARENT,
            opening="443",
        ),
        *players,
        GameStarted(player_one=GRACE, player_two=ADA),
    )
