"""The read model of ratings: which games count, in which pool, and for whom."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4, uuid5

import pytest
from msgspec.structs import replace as with_fields

from server.game.board import Seat
from server.game.events import (
    Abort,
    Bot,
    Clock,
    Ending,
    Event,
    ForkOf,
    GameAborted,
    GameCreated,
    GameFinished,
    GameId,
    GameStarted,
    MoveMade,
    PlayerId,
    PlayerJoined,
    Result,
)
from server.projections import glicko2
from server.projections.glicko2 import DRAWN, LOST, NEW, WON
from server.projections.ratings import HISTORY, Entry, Kind, Pool, Score, pool_of, rating_id
from server.store.event_store import RecordedEvent, StreamId
from server.store.read_models import Row
from tests.ratings.replay import digest, log, replay
from tests.support.events import recorded, roundtrip

ADA, GRACE, EVE = (PlayerId(UUID(f"{n}" * 8 + "-0000-4000-8000-" + "0" * 12)) for n in (1, 2, 3))
GUEST = PlayerId(uuid5(ADA, "a game"))

DIGEST_OF_1000 = "7001fa1b8e8572b829c60a1b4474df324776f4f154fcd0110f69f5ffb2391659"
"""The digest of the rows after 1,000 games of the made-up log."""


def game(
    result: Result | None = Result.PLAYER_ONE_WON,
    *,
    yellow: PlayerId = ADA,
    red: PlayerId = GRACE,
    moves: int = 2,
    listed: bool = True,
    rated: bool = True,
    clock: Clock | None = None,
) -> list[Event]:
    """The events of a game; without a result it goes on."""
    events: list[Event] = [
        GameCreated(created_by=yellow, listed=listed, rated=rated, clock=clock),
        PlayerJoined(seat=Seat.YELLOW, player=yellow, name="Anonymous"),
        PlayerJoined(seat=Seat.RED, player=red, name="Anonymous"),
        GameStarted(player_one=yellow, player_two=red),
        *(MoveMade(player=(yellow, red)[number % 2], column=number) for number in range(moves)),
    ]
    return [*events, GameFinished(result=result, by=Ending.RESIGNATION)] if result else events


def _with_a_computer(event: Event) -> Event:
    """The same event, where the computer has the red seat."""
    if isinstance(event, PlayerJoined) and event.seat is Seat.RED:
        return replace(event, bot=Bot(level="hard", engine=1))
    return event


def folded(*games: Sequence[Event]) -> dict[UUID, Row]:
    events: list[RecordedEvent] = []
    for each in games:
        stream = StreamId(uuid4())
        events += [_in(stream, event, version) for version, event in enumerate(each, 1)]
    return replay(events)


def _in(stream: StreamId, event: Event, version: int) -> RecordedEvent:
    return with_fields(roundtrip(recorded(event, version)), stream_id=stream)


def rating(rows: dict[UUID, Row], player: PlayerId, pool: Pool = Pool.UNTIMED) -> glicko2.Rating | None:
    row = rows.get(rating_id(player, pool))
    if not isinstance(row, Entry) or row.rating is None or row.deviation is None or row.volatility is None:
        return None
    return glicko2.Rating(row.rating, row.deviation, row.volatility)


def scores(rows: dict[UUID, Row], player: PlayerId) -> tuple[Score, Score, Score]:
    row = rows[player]
    assert isinstance(row, Entry)
    return row.won, row.lost, row.drawn


@pytest.mark.parametrize(
    ("result", "score"), [(Result.PLAYER_ONE_WON, WON), (Result.TIED, DRAWN), (Result.PLAYER_TWO_WON, LOST)]
)
def test_each_game_is_a_period_and_both_are_rated_from_what_was_before(
    result: Result, score: Decimal
) -> None:
    rows = folded(game(result))
    assert rating(rows, ADA) == glicko2.after(NEW, [(NEW, score)])
    assert rating(rows, GRACE) == glicko2.after(NEW, [(NEW, 1 - score)])


def test_games_are_rated_in_their_order() -> None:
    rows = folded(game(), game(yellow=EVE, red=ADA))
    ada = glicko2.after(NEW, [(NEW, WON)])
    assert rating(rows, EVE) == glicko2.after(NEW, [(ada, WON)])
    assert rating(rows, ADA) == glicko2.after(ada, [(NEW, LOST)])


@pytest.mark.parametrize(
    "events",
    [
        game(None),
        game(moves=1),
        game(moves=0),
        game(listed=False),
        game(rated=False),
        game(red=GUEST),
        game(yellow=GUEST),
        game(red=ADA),
        [_with_a_computer(event) for event in game()],
        [*game(None), GameAborted(by=Abort.PLAYER)],
    ],
    ids=[
        "under way",
        "one move",
        "no move",
        "unlisted",
        "unrated",
        "a guest",
        "a guest opened",
        "oneself",
        "the computer",
        "aborted",
    ],
)
def test_these_games_are_not_rated(events: Sequence[Event]) -> None:
    rows = folded(events)
    assert not [row for row in rows.values() if isinstance(row, Entry) and row.kind is Kind.RATING]


@pytest.mark.parametrize("opening", ["fork_of", "old"])
def test_neither_are_forks_nor_games_of_an_older_release(opening: str) -> None:
    created, *rest = game()
    assert isinstance(created, GameCreated)
    old = replace(created, rated=None)
    created = (
        replace(created, fork_of=ForkOf(game=GameId(uuid4()), version=4)) if opening == "fork_of" else old
    )
    assert rating(folded([created, *rest]), ADA) is None


def test_what_was_won_lost_and_drawn_is_counted_by_seat_in_listed_games_rated_or_not() -> None:
    rows = folded(
        game(),
        game(rated=False),
        game(Result.PLAYER_TWO_WON, yellow=GRACE, red=ADA),
        game(Result.TIED, red=GUEST),
        game(listed=False),
        game(moves=1),
    )
    assert scores(rows, ADA) == (Score(yellow=2, red=1), Score(), Score(yellow=1))
    assert scores(rows, GRACE) == (Score(), Score(yellow=1, red=2), Score())
    assert GUEST not in rows


def test_a_game_that_is_over_leaves_no_row_of_its_own() -> None:
    kinds = [row.kind for row in folded(game(), game(None)).values() if isinstance(row, Entry)]
    assert kinds.count(Kind.GAME) == 1


@pytest.mark.parametrize(
    ("clock", "pool"),
    [
        (None, Pool.UNTIMED),
        ((60, 5), Pool.BULLET),
        ((179, 0), Pool.BULLET),
        ((180, 0), Pool.BLITZ),
        ((60, 6), Pool.BLITZ),
        ((439, 2), Pool.BLITZ),
        ((440, 2), Pool.RAPID),
        ((900, 10), Pool.RAPID),
    ],
)
def test_the_pool_goes_by_the_time(clock: tuple[int, int] | None, pool: Pool) -> None:
    assert pool_of(clock and {"initial": clock[0], "increment": clock[1]}) is pool


def test_each_pool_has_ratings_of_its_own() -> None:
    rows = folded(game(), game(rated=True, clock=Clock(initial=60, increment=0)))
    assert rating(rows, ADA) == rating(rows, ADA, Pool.BULLET)
    assert rating(rows, ADA, Pool.RAPID) is None


def test_the_history_is_bounded() -> None:
    row = folded(*[game() for _ in range(HISTORY + 5)])[rating_id(ADA, Pool.UNTIMED)]
    assert isinstance(row, Entry)
    assert (row.games, len(row.history), row.history[-1].rating) == (HISTORY + 5, HISTORY, row.rating)


def test_a_replay_gives_the_same_digits_on_every_machine() -> None:
    """The long form, of 100,000 games, is `python -m tests.ratings`."""
    assert digest(replay(log(1000))) == DIGEST_OF_1000
