"""The offers that players have made each other in a game, as far as the rules need them."""

from datetime import datetime
from enum import StrEnum
from uuid import uuid5

from server.game.board import Seat
from server.game.events import GameId
from server.game.values import dataclass


def rematch_id(game: GameId) -> GameId:
    """The id of the game that follows `game`: always the same, so that it is made once, whoever makes it."""
    return GameId(uuid5(game, "rematch"))


class Kind(StrEnum):
    """The kinds of an offer."""

    DRAW = "draw"
    TAKEBACK = "takeback"
    REMATCH = "rematch"


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer that has no answer yet. `version` is that of the event that made it."""

    kind: Kind
    seat: Seat
    version: int


@dataclass(frozen=True, slots=True)
class DrawOffer:
    """A draw was offered by `seat` when `plies` moves had been made in the game."""

    seat: Seat
    plies: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A takeback that `seat` asked for was declined at that moment."""

    seat: Seat
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The open offer, and what decides on the next one."""

    open: OpenOffer | None = None
    last_draw: DrawOffer | None = None
    refused_takebacks: tuple[Refusal, ...] = ()
    rematch: GameId | None = None
    """The next game, once both agreed to one."""


NO_OFFERS = Offers()
