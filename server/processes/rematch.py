"""Opens the next game once both players agreed to one.

Whoever recorded or read that they agreed opens it. The game's id, the command's id and the rows of the tokens
are always the same, so it is made once, however many servers do it and wherever one of them dies.
"""

import asyncio
import logging
from dataclasses import replace
from uuid import UUID

from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.commands import StartRematch
from server.game.events import GameId, PlayerId
from server.game.rejected import Rejected
from server.game.state import Game
from server.handler import Cause, Handler, Process
from server.store.credentials import Credentials
from server.store.event_store import RecordedEvent
from server.tasks import Tasks

logger = logging.getLogger(__name__)

REMATCH = Process("rematch", PlayerId(UUID("3f0f5a36-6c52-5d0e-9a0b-0e8f4b1a7c11")))
ATTEMPTS, PAUSE = 6, 0.5
"""Attempts to open a game while the database is away, and the pause between two, in seconds. After that the
game is opened when the one before is read again."""
REMEMBERED = 4096
"""Most games that are remembered as opened."""


class Rematch:
    """The process. `tasks` wait for what it has begun."""

    def __init__(self, handler: Handler, credentials: Credentials, tasks: Tasks) -> None:
        self._handler, self._credentials, self._tasks = handler, credentials, tasks
        self._opened: dict[GameId, None] = {}

    def react(self, game: Game, event: RecordedEvent) -> None:
        """Open the game that follows `game`, where both agreed to one. `event` is its last event."""
        next = game.offers.rematch
        if next and next not in self._opened:
            self._opened[next] = None
            if len(self._opened) > REMEMBERED:
                self._opened.pop(_oldest(self._opened))
            self._tasks.create_task(self._open(next, game, event))

    async def _open(self, next: GameId, game: Game, event: RecordedEvent) -> None:
        for _ in range(ATTEMPTS):
            try:
                await self._start(next, game, event)
                return
            except Rejected:
                return  # it was opened
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
        self._opened.pop(next, None)
        logger.warning("rematch could not be opened", extra={"game": event.stream_id, "next": next})

    async def _start(self, next: GameId, game: Game, event: RecordedEvent) -> None:
        created, of = game.created, GameId(event.stream_id)
        assert created
        players = [replace(before, seat=seat) for seat in Seat if (before := game.player_at(seat.other))]
        command = StartRematch(
            player=REMATCH.id,
            created_by=created.created_by,
            players=players,
            rematch_of=of,
            listed=created.public,
            rated=bool(created.rated),
            clock=created.clock,
            fork_of=created.fork_of,
            opening=created.opening,
        )
        await self._credentials.copy(of, next)  # before there is a seat that they open
        cause = Cause(REMATCH, event)
        await self._handler.handle(next, command, cause.command_id("rematch"), cause=cause)


def _oldest(games: dict[GameId, None]) -> GameId:
    return next(iter(games))
