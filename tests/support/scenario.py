"""given(events).when(command).then(events): a rule of the game as one sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from server.game.board import Seat
from server.game.clock import Arrival, Downtime
from server.game.commands import Command
from server.game.decider import decide
from server.game.events import (
    AnyEvent,
    Event,
    GameCreated,
    GameStarted,
    MoveMade,
    PlayerId,
    PlayerJoined,
    Thinking,
)
from server.game.rejected import Code, Rejected
from server.game.state import NO_GAME, Game, evolve

ADA, GRACE, EVE = (PlayerId(UUID(int=number, version=4)) for number in (1, 2, 3))
"""Yellow, red, and somebody who watches."""
GUEST = PlayerId(UUID(int=4, version=5))
"""A player of one game alone, who is unrated."""


def created(**terms: Any) -> tuple[Event, ...]:
    """`terms` are fields of GameCreated."""
    return (GameCreated(created_by=ADA, **terms), PlayerJoined(seat=Seat.YELLOW, player=ADA, name="Ada"))


def started(**terms: Any) -> tuple[Event, ...]:
    return (
        *created(**terms),
        PlayerJoined(seat=Seat.RED, player=GRACE, name="Grace"),
        GameStarted(player_one=ADA, player_two=GRACE),
    )


def moves(columns: str) -> tuple[Event, ...]:
    """Moves in turn, by the 1-based columns in which solvers write a game."""
    return tuple(
        MoveMade(player=GRACE if number % 2 else ADA, column=int(column) - 1)
        for number, column in enumerate(columns)
    )


BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment of every event, unless another is given."""


def after(seconds: float) -> datetime:
    """The moment that many seconds after BEGAN."""
    return BEGAN + timedelta(seconds=seconds)


def arrived(seconds: float, lag_ms: int = 0, downtime_ms: int = 0) -> Arrival:
    """An arrival that many seconds after BEGAN, right after a downtime."""
    return arrival(after(seconds), lag_ms, downtime_ms)


def arrival(at: datetime, lag_ms: int, downtime_ms: int) -> Arrival:
    """An arrival right after a downtime."""
    down = Downtime(at - timedelta(milliseconds=downtime_ms), at)
    return Arrival(at=at, lag_ms=lag_ms, downtimes=(down,) if downtime_ms else ())


def timed(columns: str, *left: float) -> tuple[Event, ...]:
    """Moves in turn as `moves`, which leave that many seconds on the clocks of who made them."""
    return tuple(
        replace(move, thinking=Thinking(elapsed_ms=0, lag_ms=0, remaining_ms=round(seconds * 1000)))
        for move, seconds in zip(moves(columns), left, strict=True)
        if isinstance(move, MoveMade)
    )


class At(NamedTuple):
    """An event that was recorded at another moment than BEGAN."""

    seconds: float
    event: AnyEvent


def recorded(*events: AnyEvent | At) -> Game:
    """The game after `events`."""
    game = NO_GAME
    for event in events:
        game = (
            evolve(game, event.event, after(event.seconds))
            if isinstance(event, At)
            else evolve(game, event, BEGAN)
        )
    return game


class Given:
    """A game with a past."""

    def __init__(self, game: Game) -> None:
        self.game = game

    def when(self, command: Command) -> "When":
        return When(self.game, command)


class When:
    """A command was given."""

    def __init__(self, game: Game, command: Command) -> None:
        self._game, self._command = game, command

    def then(self, *events: Event) -> None:
        assert decide(self._game, self._command) == events

    def then_rejected(self, code: Code) -> None:
        with pytest.raises(Rejected) as refusal:
            decide(self._game, self._command)
        assert refusal.value.code is code
        assert refusal.value.detail.endswith(".")


def given(*events: AnyEvent | At) -> Given:
    return Given(recorded(*events))
