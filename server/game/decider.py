"""The game's two functions: `decide` checks every rule and changes nothing, `evolve` applies an event and
checks nothing.

The Decider pattern, after Jérémie Chassaing. A game is the left fold of `evolve` over its events:
`reduce(evolve, events, NO_GAME)`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import assert_never

from server.game.board import COLUMNS, Board, Seat
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.events import (
    AnyEvent,
    Ending,
    Event,
    GameCreated,
    GameFinished,
    GameStarted,
    MoveMade,
    PlayerId,
    PlayerJoined,
    Result,
    Unrecognised,
)
from server.game.rejected import Code, Rejected, already_seated, no_such_game


class Status(StrEnum):
    """The stages of a game."""

    WAITING = "waiting"
    PLAYING = "playing"
    FINISHED = "finished"


EMPTY = Board()


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """A game, folded from its events. `Game()` is one that nobody has created."""

    version: int = 0
    created: bool = False
    rated: bool = False
    status: Status = Status.WAITING
    players: tuple[PlayerJoined, ...] = ()
    """The players with their seats, in the order in which they joined."""
    board: Board = EMPTY
    columns: tuple[int, ...] = ()
    """The moves, in order, as columns 0–6."""
    finish: GameFinished | None = None
    unrecognised: bool = False
    """True if it has an event that this release does not know: only a newer release can decide on it."""

    @property
    def next(self) -> Seat | None:
        """The seat whose turn it is; None unless the game is being played."""
        return _to_move(self) if self.status is Status.PLAYING else None

    def seat_of(self, player: PlayerId) -> Seat | None:
        """The seat of `player`, or None."""
        for joined in self.players:
            if joined.player == player:
                return joined.seat
        return None

    @property
    def free_seat(self) -> Seat | None:
        """A seat that nobody has taken, or None."""
        return next((seat for seat in Seat if self.player_at(seat) is None), None)

    def player_at(self, seat: Seat) -> PlayerJoined | None:
        """The player at `seat`, or None."""
        return next((joined for joined in self.players if joined.seat is seat), None)


NO_GAME = Game()


def fold(events: Iterable[AnyEvent], game: Game = NO_GAME) -> Game:
    """`game` after `events`."""
    return reduce(evolve, events, game)


def evolve(game: Game, event: AnyEvent) -> Game:
    """The game after `event`. Any recorded event can be applied; no rule is checked."""
    version = game.version + 1
    match event:
        case GameCreated(rated=rated):
            return replace(game, version=version, created=True, rated=bool(rated))
        case PlayerJoined():
            return replace(game, version=version, players=(*game.players, event))
        case GameStarted():
            return replace(game, version=version, status=Status.PLAYING)
        case MoveMade(column=column):
            board = game.board.drop(_to_move(game), column)
            return replace(game, version=version, board=board, columns=(*game.columns, column))
        case GameFinished():
            return replace(game, version=version, status=Status.FINISHED, finish=event)
        case Unrecognised():
            return replace(game, version=version, unrecognised=True)
        case _:
            assert_never(event)


def decide(game: Game, command: Command) -> tuple[Event, ...]:
    """The events that `command` leads to: at least one, recorded together or not at all.

    Raises Rejected where the rules refuse it.
    """
    if game.unrecognised:
        raise Rejected(Code.UNAVAILABLE, "A newer release of this server runs the game. Try again.")
    if isinstance(command, Create):
        return _create(game, command)
    if not game.created:
        raise no_such_game()
    match command:
        case Join():
            return _join(game, command)
        case Move():
            return _move(game, command)
        case Resign():
            return _resign(game, command)
        case _:
            assert_never(command)


def _create(game: Game, command: Create) -> tuple[Event, ...]:
    if game.created:
        raise Rejected(Code.GAME_EXISTS, "This game was created before.")
    return (
        GameCreated(created_by=command.player, listed=command.listed, rated=command.rated),
        PlayerJoined(seat=command.seat, player=command.player, name=command.name),
    )


def _join(game: Game, command: Join) -> tuple[Event, ...]:
    seat = game.free_seat
    if seat is None:
        raise Rejected(Code.SEAT_TAKEN, "Both seats are taken; you can watch.")
    if game.seat_of(command.player):
        raise already_seated()
    joined = PlayerJoined(seat=seat, player=command.player, name=command.name)
    by_seat = {player.seat: player.player for player in (*game.players, joined)}
    if len(by_seat) < len(Seat):
        return (joined,)
    return joined, GameStarted(player_one=by_seat[Seat.YELLOW], player_two=by_seat[Seat.RED])


def _move(game: Game, command: Move) -> tuple[Event, ...]:
    seat = _seat_in_play(game, command.player)
    if seat is not game.next:
        raise Rejected(Code.NOT_YOUR_TURN, "It is the other player's turn.")
    if not 0 <= command.column < COLUMNS:
        raise Rejected(Code.NO_SUCH_COLUMN, f"Columns go from 0 to {COLUMNS - 1}.")
    if not game.board.has_room(command.column):
        raise Rejected(Code.COLUMN_FULL, "That column is full.")
    moved = MoveMade(player=command.player, column=command.column)
    board = game.board.drop(seat, command.column)
    if cells := board.winning_cells(seat):
        return moved, GameFinished(result=Result.won_by(seat), by=Ending.FOUR, cells=cells)
    if board.full:
        return moved, GameFinished(result=Result.TIED, by=Ending.BOARD_FULL)
    return (moved,)


def _resign(game: Game, command: Resign) -> tuple[Event, ...]:
    seat = _seat_in_play(game, command.player)
    return (GameFinished(result=Result.won_by(seat.other), by=Ending.RESIGNATION),)


def _to_move(game: Game) -> Seat:
    return Seat.RED if len(game.columns) % 2 else Seat.YELLOW


def _seat_in_play(game: Game, player: PlayerId) -> Seat:
    """The seat of `player` in a game that is being played."""
    seat = game.seat_of(player)
    if seat is None:
        raise Rejected(Code.NOT_SEATED, "You are watching this game, not playing it.")
    if game.status is Status.WAITING:
        raise Rejected(Code.GAME_NOT_STARTED, "The game starts when both seats are taken.")
    if game.status is Status.FINISHED:
        raise Rejected(Code.GAME_OVER, "The game is over.")
    return seat
