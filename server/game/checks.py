"""The rules that several commands share: who may give them, and at which stage of a game."""

from server.game.board import Seat
from server.game.events import PlayerId
from server.game.rejected import Code, Rejected
from server.game.state import Game, Status


def seated(game: Game, player: PlayerId) -> Seat:
    """The seat of `player`. Raises Rejected."""
    seat = game.seat_of(player)
    if seat is None:
        raise _watching()
    return seat


def seat_in_play(game: Game, player: PlayerId) -> Seat:
    """The seat of `player` in a game that is being played. Raises Rejected."""
    seat = game.seat_of(player)
    if seat is None:
        raise _watching()
    if game.status is Status.WAITING:
        raise Rejected(Code.GAME_NOT_STARTED, "The game starts when both seats are taken.")
    if game.status is Status.FINISHED:
        raise game_over()
    return seat


def _watching() -> Rejected:
    return Rejected(Code.NOT_SEATED, "You are watching this game, not playing it.")


def game_over() -> Rejected:
    """The refusal of whatever needs a game that is not over."""
    return Rejected(Code.GAME_OVER, "The game is over.")
