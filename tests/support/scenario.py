"""given(events).when(command).then(events): a rule of the game as one sentence."""

from uuid import UUID

import pytest

from server.game.board import Seat
from server.game.commands import Command
from server.game.decider import NO_GAME, Game, decide, fold
from server.game.events import AnyEvent, Event, GameCreated, GameStarted, MoveMade, PlayerId, PlayerJoined
from server.game.rejected import Code, Rejected

ADA, GRACE, EVE = (PlayerId(UUID(int=number)) for number in (1, 2, 3))
"""Yellow, red, and somebody who watches."""


def created() -> tuple[Event, ...]:
    return (GameCreated(created_by=ADA), PlayerJoined(seat=Seat.YELLOW, player=ADA, name="Ada"))


def started() -> tuple[Event, ...]:
    return (
        *created(),
        PlayerJoined(seat=Seat.RED, player=GRACE, name="Grace"),
        GameStarted(player_one=ADA, player_two=GRACE),
    )


def moves(columns: str) -> tuple[Event, ...]:
    """Moves in turn, by the 1-based columns in which solvers write a game."""
    return tuple(
        MoveMade(player=GRACE if number % 2 else ADA, column=int(column) - 1)
        for number, column in enumerate(columns)
    )


class Given:
    """A game with a past."""

    def __init__(self, events: tuple[AnyEvent, ...]) -> None:
        self.game: Game = fold(events, NO_GAME)

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


def given(*events: AnyEvent) -> Given:
    return Given(events)
