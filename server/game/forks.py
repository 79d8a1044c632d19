"""Forks: games that begin with a position of another one."""

from server.game.board import Seat
from server.game.rejected import Code, Rejected
from server.game.state import Game


def opening_from(position: Game) -> str:
    """The opening of a game that goes on from `position`, a game as it was at some version: its moves, as
    columns from 1. Raises Rejected where nothing can be played from there."""
    board = position.board
    if board.full or any(board.winning_cells(seat) for seat in Seat):
        raise Rejected(Code.GAME_OVER, "That position is won, or the board is full: the game is over there.")
    return "".join(str(column + 1) for column in position.columns)
