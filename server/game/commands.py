"""What can be asked of a game. A command may be refused; an event cannot."""

from dataclasses import dataclass

from server.game.board import Seat
from server.game.events import PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Open a game and take a seat at it. Chance is the caller's: `seat` is settled already."""

    player: PlayerId
    name: str
    seat: Seat
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Take the seat that is free; with both taken the game starts."""

    player: PlayerId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Drop a disc into `column`, 0–6 from the left."""

    player: PlayerId
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resign:
    """Give the game to the opponent."""

    player: PlayerId


Command = Create | Join | Move | Resign
