"""Events: what has happened in a game. They are facts, named in the past tense and never edited."""

from dataclasses import field
from enum import StrEnum
from typing import NewType
from uuid import UUID

from server.game.board import COLUMNS, CONNECT, ROWS, Cell, Seat
from server.game.values import dataclass

PlayerId = NewType("PlayerId", UUID)
GameId = NewType("GameId", UUID)

OF_A_PLAYER = 4
"""The UUID version of players' ids, which are random. That of a player of one game alone is made of the
game's. Rated is a game where both have a player."""


class Result(StrEnum):
    """The outcome of a game. Player one is yellow, player two is red."""

    PLAYER_ONE_WON = "PLAYER_ONE_WON"
    PLAYER_TWO_WON = "PLAYER_TWO_WON"
    TIED = "TIED"

    @classmethod
    def won_by(cls, seat: Seat) -> "Result":
        return cls.PLAYER_ONE_WON if seat is Seat.YELLOW else cls.PLAYER_TWO_WON


class Ending(StrEnum):
    """The reason for which a game ended."""

    FOUR = "four"
    BOARD_FULL = "board_full"
    RESIGNATION = "resignation"
    AGREEMENT = "agreement"
    TIMEOUT = "timeout"
    ABANDONMENT = "abandonment"


class Abort(StrEnum):
    """The reason for which a game was aborted."""

    CREATOR = "creator"
    PLAYER = "player"
    NO_FIRST_MOVE = "no_first_move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The size of the board, and the number of discs in a row that wins. Recorded, so that a log explains
    itself."""

    columns: int = COLUMNS
    rows: int = ROWS
    connect: int = CONNECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Thinking time, in seconds: at the start for each player, and added by each move."""

    initial: int
    increment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkOf:
    """The game that a fork continues, and the version whose position it begins with."""

    game: GameId
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The computer as a player: its level, and the version of the engine that it was seated with."""

    level: str
    engine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GameCreated:
    """Somebody opened a game. Nobody sits at it yet."""

    created_by: PlayerId
    rules: Rules = field(default_factory=Rules)
    clock: Clock | None = None
    listed: bool = False
    """True if strangers may find the game. In one without `rated` it means nothing."""
    rated: bool | None = None
    """None in a game that was recorded before there was a lobby: each of them was recorded as listed."""
    rematch_of: GameId | None = None
    fork_of: ForkOf | None = None
    opening: str = ""
    """The moves that the game begins with, as columns from 1. Only a fork has any."""

    @property
    def public(self) -> bool:
        """True if strangers may find the game."""
        return self.listed and self.rated is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerJoined:
    """A player took a seat. `player` is opaque and public. As it is recorded, a name is `sealed`, and `name`
    says nothing: server/store/names.py."""

    seat: Seat
    player: PlayerId
    name: str
    sealed: str | None = None
    bot: Bot | None = None
    """None where the player is a person."""

    @property
    def is_guest(self) -> bool:
        """True for the player of one game alone, who is unrated."""
        return self.player.version != OF_A_PLAYER


@dataclass(frozen=True, slots=True, kw_only=True)
class GameStarted:
    """Both seats are taken. Player one is yellow and moves first."""

    player_one: PlayerId
    player_two: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """The time that a move took, in milliseconds."""

    elapsed_ms: int
    """Time from the beginning of the player's turn to the arrival of the move."""
    lag_ms: int
    """Of it, given back for the player's connection."""
    remaining_ms: int
    """Time on the player's clock after the move."""
    downtime_ms: int = 0
    """Of it, given back because no server could have taken the move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMade:
    """A disc was dropped. `column` is 0–6 from the left; gravity gives the row. `thinking` where there is a
    clock."""

    player: PlayerId
    column: int
    thinking: Thinking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawOffered:
    """`player` offers a draw."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDeclined:
    """`player` declines the draw that was offered at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakebackOffered:
    """`player` asks to take the last own move back."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakebackDeclined:
    """`player` declines the takeback that was asked for at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesTakenBack:
    """`player` agreed: the last `number` moves are off the board, and the clocks as they were before them."""

    player: PlayerId
    offer: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchOffered:
    """`player` offers another game."""

    player: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchDeclined:
    """`player` declines the rematch that was offered at version `offer`."""

    player: PlayerId
    offer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RematchAccepted:
    """`player` agreed to another game, whose id is `game`."""

    player: PlayerId
    offer: int
    game: GameId


@dataclass(frozen=True, slots=True, kw_only=True)
class GameAborted:
    """The game ended before it had really begun, without a result. `player` is who aborted it, if anybody."""

    by: Abort
    player: PlayerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GameFinished:
    """The game is over. `cells` are those of the winning four, and empty for any other ending."""

    result: Result
    by: Ending
    cells: tuple[Cell, ...] = ()


Event = (
    GameCreated
    | PlayerJoined
    | GameStarted
    | MoveMade
    | DrawOffered
    | DrawDeclined
    | TakebackOffered
    | TakebackDeclined
    | MovesTakenBack
    | RematchOffered
    | RematchDeclined
    | RematchAccepted
    | GameAborted
    | GameFinished
)
"""An event that this release may record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """An event of a newer release, which this one does not know. It is read and never recorded."""

    type: str
    schema_version: int


AnyEvent = Event | Unrecognised
"""An event that this release may read."""
