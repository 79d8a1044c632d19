"""Commands: requests to a game. A command may be refused; an event cannot."""

from dataclasses import dataclass

from server.game.board import Seat
from server.game.events import PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Open a game and take a seat at it. A random seat has been drawn by the caller."""

    player: PlayerId
    name: str
    seat: Seat
    listed: bool = False
    rated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Take the free seat. When both are taken the game starts."""

    player: PlayerId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Drop a disc into `column`, 0–6 from the left."""

    player: PlayerId
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resign:
    """Resign: the opponent wins."""

    player: PlayerId


Command = Create | Join | Move | Resign
