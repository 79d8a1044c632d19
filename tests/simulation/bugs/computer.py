"""Bugs in the computer player: subclasses of its process, and wrappers around what it rests on."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from server.cause import Cause, Thought
from server.game.commands import Command
from server.game.engine import Level
from server.game.events import GameId, PlayerJoined
from server.game.state import Game
from server.processes import thinking
from server.processes.computer import COMPUTER, Computer, _Duty
from server.processes.thinking import Think
from server.store.event_store import RecordedEvent
from server.store.read_models import Due
from tests.simulation.server import Parts


class Hasty(Computer):
    """Answers as soon as it has thought."""

    async def _choose(self, id: GameId, duty: _Duty, bot: PlayerJoined) -> tuple[Command, Thought | None]:
        choosing, hurried = super()._choose, _Duty(duty.game, duty.event)
        hurried.over.set()
        return await choosing(id, hurried, bot)


class Obstinate(Computer):
    """Makes its move whatever has happened meanwhile, as a new command each time."""

    async def _give(self, id: GameId, duty: _Duty, command: Command, thought: Thought | None) -> None:
        cause = Cause(COMPUTER, duty.event, thought)
        await self._handler.handle(id, command, uuid4(), None, cause=cause)


class OnlyOwn(Computer):
    """Answers what this server recorded, and nothing that another one left."""

    def react(self, game: Game, event: RecordedEvent) -> None:
        if event.metadata.server == self._handler._server:
            super().react(game, event)


class Secretive:
    """Chooses by another seed than the one that is told."""

    def __init__(self, think: Think) -> None:
        self._think = think

    async def __call__(
        self, columns: Sequence[int], level: Level, seed: int, nodes: int, seconds: float
    ) -> thinking.Thought:
        return await self._think(columns, level, seed + 1, nodes, seconds)


def nothing_due(models: Any) -> Any:
    """Read models that find no game that needs a look."""
    models.due = _no_games
    return models


async def _no_games(most: int, passed_over: Sequence[Due]) -> list[Due]:
    return []


BUGS = {
    "an answer comes at once": Parts(computer=Hasty),
    "an answer is given whatever has happened meanwhile": Parts(computer=Obstinate),
    "what another server left is left": Parts(computer=OnlyOwn),
    "nobody looks for what is left": Parts(read_models=nothing_due),
    "the seed is not the one that is told": Parts(think=Secretive),
}
"""The servers that have each bug, by its name."""
