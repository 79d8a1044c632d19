"""Commands: requests to a game. A command may be refused; an event cannot.

Nothing here reads a clock: what a decision needs to know of time, and of who is there, comes in a command.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from server.game.board import Seat
from server.game.clock import Arrival
from server.game.events import Clock, ForkOf, GameId, PlayerId, PlayerJoined
from server.game.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Open a game and take a seat at it. A random seat has been drawn by the caller. Where an `opponent` has
    the other seat already, which the computer has, the game starts at once.

    A fork begins with `opening`, the moves up to the position that it continues, as columns from 1."""

    player: PlayerId
    name: str
    seat: Seat
    listed: bool = False
    rated: bool = False
    clock: Clock | None = None
    opponent: PlayerJoined | None = None
    fork_of: ForkOf | None = None
    opening: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Take the free seat. When both are taken the game starts."""

    player: PlayerId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Drop a disc into `column`, 0–6 from the left. `arrival` is needed where there is a clock."""

    player: PlayerId
    column: int
    arrival: Arrival | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resign:
    """Resign: the opponent wins."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort:
    """End a game that has not really begun, with no result."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTimeout:
    """Say, as a player, that the time of whoever is to move is up: the game ends if it is."""

    player: PlayerId
    arrival: Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTime:
    """The same, of the process that watches the clocks."""

    player: PlayerId
    """The process."""
    arrival: Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A player has no connection to any server since then; `left` where the last one was closed by the player
    on purpose."""

    since: datetime
    left: bool = False


class Claim(StrEnum):
    """The result that is claimed against a player who is away."""

    WIN = "win"
    DRAW = "draw"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAbandonment:
    """End the game because the opponent is gone. `away` is what the servers know of the opponent's absence:
    None where the opponent is there, or where nobody can tell."""

    player: PlayerId
    result: Claim
    at: datetime
    away: Away | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraw:
    """Offer a draw, or accept the one that the opponent offers."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTakeback:
    """Ask to take the last own move back, or accept the opponent's asking for it."""

    player: PlayerId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRematch:
    """Offer another game, whose id will be `game`, or accept the one that the opponent offers."""

    player: PlayerId
    game: GameId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDraw:
    """Accept the offer that was made at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineDraw:
    """Decline the offer that was made at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptTakeback:
    """Accept the offer that was made at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineTakeback:
    """Decline the offer that was made at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRematch:
    """Accept the offer that was made at version `offer`. The next game's id will be `game`."""

    player: PlayerId
    offer: int
    game: GameId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineRematch:
    """Decline the offer that was made at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRematch:
    """Open the game that follows `rematch_of` and seat its players, so that it starts at once."""

    player: PlayerId
    """The process."""
    created_by: PlayerId
    players: Sequence[PlayerJoined]
    rematch_of: GameId
    listed: bool
    rated: bool
    clock: Clock | None
    fork_of: ForkOf | None = None
    opening: str = ""


Offer = OfferDraw | OfferTakeback | OfferRematch
Answer = AcceptDraw | DeclineDraw | AcceptTakeback | DeclineTakeback | AcceptRematch | DeclineRematch
Command = (
    Create
    | Join
    | Move
    | Resign
    | Abort
    | ClaimTimeout
    | CallTime
    | ClaimAbandonment
    | Offer
    | Answer
    | StartRematch
)
