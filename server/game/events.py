"""What can happen in a game. Events are facts: past tense, never edited."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType
from uuid import UUID

from server.game.board import COLUMNS, CONNECT, ROWS, Cell, Seat

PlayerId = NewType("PlayerId", UUID)
GameId = NewType("GameId", UUID)


class Result(StrEnum):
    """How a game can come out. Player one is yellow, player two is red."""

    PLAYER_ONE_WON = "PLAYER_ONE_WON"
    PLAYER_TWO_WON = "PLAYER_TWO_WON"
    TIED = "TIED"

    @classmethod
    def won_by(cls, seat: Seat) -> "Result":
        return cls.PLAYER_ONE_WON if seat is Seat.YELLOW else cls.PLAYER_TWO_WON


class Ending(StrEnum):
    """Why a game ended."""

    FOUR = "four"
    BOARD_FULL = "board_full"
    RESIGNATION = "resignation"
    AGREEMENT = "agreement"
    TIMEOUT = "timeout"
    ABANDONMENT = "abandonment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The size of the board and how many in a row win; recorded so that a log explains itself."""

    columns: int = COLUMNS
    rows: int = ROWS
    connect: int = CONNECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Thinking time, in seconds: what each player starts with and what each move adds."""

    initial: int
    increment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GameCreated:
    """Somebody opened a game. Nobody sits at it yet."""

    created_by: PlayerId
    rules: Rules = field(default_factory=Rules)
    clock: Clock | None = None
    listed: bool = True
    rematch_of: GameId | None = None
    fork_of: GameId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerJoined:
    """A player took a seat. `player` is opaque and public; `name` is what others see."""

    seat: Seat
    player: PlayerId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GameStarted:
    """Both seats are taken. Player one is yellow and moves first."""

    player_one: PlayerId
    player_two: PlayerId


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMade:
    """A disc was dropped. `column` is 0–6 from the left; gravity gives the row."""

    player: PlayerId
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GameFinished:
    """The game is over, for good. `cells` are those of the winning four, empty for any other ending."""

    result: Result
    by: Ending
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """An event of a newer release, which this one does not know. It is read and never recorded."""

    type: str
    schema_version: int


Event = GameCreated | PlayerJoined | GameStarted | MoveMade | GameFinished | Unrecognised
