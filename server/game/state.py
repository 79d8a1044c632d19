"""A game as its events make it: `evolve` applies one and checks no rule."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce
from typing import assert_never

from server.game.board import SEATS, Board, Seat
from server.game.clock import Clocks
from server.game.events import (
    AnyEvent,
    DrawDeclined,
    DrawOffered,
    GameAborted,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    MovesTakenBack,
    PlayerId,
    PlayerJoined,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    Result,
    TakebackDeclined,
    TakebackOffered,
    Unrecognised,
)
from server.game.offers import NO_OFFERS, DrawOffer, Kind, Offers, OpenOffer, Refusal
from server.game.values import dataclass


class Status(StrEnum):
    """The stages of a game."""

    WAITING = "waiting"
    PLAYING = "playing"
    FINISHED = "finished"


EMPTY = Board()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment of an event where no moment matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """A game, folded from its events. `Game()` is one that nobody has created."""

    version: int = 0
    created: GameCreated | None = None
    status: Status = Status.WAITING
    players: tuple[PlayerJoined, ...] = ()
    """The players with their seats, in the order in which they joined."""
    board: Board = EMPTY
    columns: tuple[int, ...] = ()
    """The moves on the board, in order, as columns 0–6."""
    turn: Seat = Seat.YELLOW
    """The seat to move, if the game is being played."""
    since: datetime = EPOCH
    """The moment at which whoever is to move began to think."""
    clocks: Clocks | None = None
    """None where the game has no clock."""
    offers: Offers = NO_OFFERS
    finish: GameFinished | GameAborted | None = None
    bot: PlayerJoined | None = None
    """The computer, where it plays."""
    unrecognised: bool = False
    """True if it has an event that this release does not know: only a newer release can decide on it."""

    @property
    def plies(self) -> int:
        """The number of moves on the board that were made in this game: those of its opening were not."""
        return len(self.columns) - (len(self.created.opening) if self.created else 0)

    @property
    def rated(self) -> bool:
        """True if the game counts for ratings: it is to be rated, and nobody sits there who is unrated."""
        return bool(self.created and self.created.rated) and not any(each.is_guest for each in self.players)

    @property
    def next(self) -> Seat | None:
        """The seat whose turn it is; None unless the game is being played."""
        return self.turn if self.status is Status.PLAYING else None

    def seat_of(self, player: PlayerId) -> Seat | None:
        """The seat of `player`, or None."""
        for joined in self.players:
            if joined.player.int == player.int:  # to compare two UUIDs takes calls in Python
                return joined.seat
        return None

    @property
    def result(self) -> Result | None:
        """The result; None where the game goes on, or was aborted."""
        return self.finish.result if isinstance(self.finish, GameFinished) else None

    @property
    def free_seat(self) -> Seat | None:
        """A seat that nobody has taken, or None."""
        return next((seat for seat in SEATS if self.player_at(seat) is None), None)

    def player_at(self, seat: Seat) -> PlayerJoined | None:
        """The player at `seat`, or None."""
        return next((joined for joined in self.players if joined.seat is seat), None)


NO_GAME = Game()


def fold(events: Iterable[AnyEvent], game: Game = NO_GAME) -> Game:
    """`game` after `events`, where it does not matter when they were recorded."""
    return reduce(evolve, events, game)


def evolve(game: Game, event: AnyEvent, at: datetime = EPOCH) -> Game:
    """The game after `event`, which was recorded at `at`. Any recorded event can be applied; no rule is
    checked."""
    version = game.version + 1
    match event:
        case MoveMade():
            return _moved(game, event, at, version)
        case GameCreated():
            return _created(game, event, version)
        case PlayerJoined():
            bot = event if event.bot else game.bot
            return replace(game, version=version, players=(*game.players, event), bot=bot)
        case GameStarted():
            return replace(game, version=version, status=Status.PLAYING, since=at)
        case GameFinished() | GameAborted():
            offers = replace(game.offers, open=None)
            return replace(game, version=version, status=Status.FINISHED, finish=event, offers=offers)
        case MovesTakenBack(number=number):
            return _taken_back(game, number, at, version)
        case Unrecognised():
            return replace(game, version=version, unrecognised=True)
        case _:
            return replace(game, version=version, offers=_offers(game, event, at))


def _created(game: Game, event: GameCreated, version: int) -> Game:
    board, columns = EMPTY, tuple(int(column) - 1 for column in event.opening)
    for number, column in enumerate(columns):
        board = board.drop(Seat.RED if number % 2 else Seat.YELLOW, column)
    clocks = Clocks.at_start(event.clock, len(columns)) if event.clock else None
    return replace(
        game,
        version=version,
        created=event,
        board=board,
        columns=columns,
        turn=_turn_after(columns),
        clocks=clocks,
    )


def _moved(game: Game, event: MoveMade, at: datetime, version: int) -> Game:
    seat, clocks, offers = game.turn, game.clocks, game.offers
    if clocks is not None:
        clocks = clocks.after(event.thinking)
    if offers.open is not None and (offers.open.kind is Kind.TAKEBACK or offers.open.seat is not seat):
        offers = replace(offers, open=None)
    return Game(  # every field by name: `replace` takes twice as long
        version=version,
        created=game.created,
        status=game.status,
        players=game.players,
        board=game.board.drop(seat, event.column),
        columns=(*game.columns, event.column),
        turn=Seat.RED if seat is Seat.YELLOW else Seat.YELLOW,
        since=at,
        clocks=clocks,
        offers=offers,
        finish=game.finish,
        bot=game.bot,
        unrecognised=game.unrecognised,
    )


def _taken_back(game: Game, number: int, at: datetime, version: int) -> Game:
    board, kept = game.board, game.columns[: len(game.columns) - number]
    for column in reversed(game.columns[len(kept) :]):
        board = board.lift(column)
    return replace(
        game,
        version=version,
        board=board,
        columns=kept,
        turn=_turn_after(kept),
        since=at,
        clocks=game.clocks and game.clocks.taken_back(number),
        offers=replace(game.offers, open=None),
    )


def _turn_after(columns: Sequence[int]) -> Seat:
    return Seat.RED if len(columns) % 2 else Seat.YELLOW


_OfferEvent = (
    DrawOffered
    | DrawDeclined
    | TakebackOffered
    | TakebackDeclined
    | RematchOffered
    | RematchDeclined
    | RematchAccepted
)


def _offers(game: Game, event: _OfferEvent, at: datetime) -> Offers:
    """The game's offers after `event`."""
    offers, seat = game.offers, game.seat_of(event.player) or Seat.YELLOW
    match event:
        case DrawOffered():
            last = DrawOffer(seat, game.plies)
            return replace(offers, open=OpenOffer(Kind.DRAW, seat, game.version + 1), last_draw=last)
        case TakebackOffered():
            return replace(offers, open=OpenOffer(Kind.TAKEBACK, seat, game.version + 1))
        case RematchOffered():
            return replace(offers, open=OpenOffer(Kind.REMATCH, seat, game.version + 1))
        case TakebackDeclined():
            refusals = (*offers.refused_takebacks, Refusal(seat.other, at))
            return replace(offers, open=None, refused_takebacks=refusals)
        case DrawDeclined() | RematchDeclined():
            return replace(offers, open=None)
        case RematchAccepted(game=next):
            return replace(offers, open=None, rematch=next)
        case _:
            assert_never(event)
