"""Opens the next game once both players agreed to one.

Whoever recorded or read that they agreed opens it; where that server dies, another one finds the game by
its deadline and reads it. The game's id, the command's id and the rows of the tokens are always the same, so
it is made once, however many servers do it.
"""

import asyncio
from dataclasses import replace
from uuid import UUID

from server.cause import Cause, Process
from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.commands import StartRematch
from server.game.events import GameId, PlayerId
from server.game.rejected import Rejected
from server.game.state import Game
from server.handler import Handler
from server.store.credentials import Credentials
from server.store.event_store import RecordedEvent
from server.tasks import Tasks

REMATCH = Process("rematch", PlayerId(UUID("3f0f5a36-6c52-5d0e-9a0b-0e8f4b1a7c11")))
RETRY = 0.5
"""Pause after which a game is opened where the database was away, in seconds."""

PATIENCE = 1.0
"""Longest time for which players are not told that they agreed because the next game is not there, in
seconds."""


class Rematch:
    """The process. `tasks` wait for what it has begun; what it goes on trying ends with `stop`."""

    def __init__(self, handler: Handler, credentials: Credentials, tasks: Tasks) -> None:
        self._handler, self._credentials, self._tasks = handler, credentials, tasks
        self._opening: dict[GameId, asyncio.Task[None]] = {}
        self._stopped = False

    def react(self, game: Game, event: RecordedEvent) -> None:
        """Open the game that follows `game`, where both agreed to one. `event` is its last event."""
        next = game.offers.rematch
        if next and next not in self._opening:
            self._opening[next] = self._tasks.create_task(self._open(next, game, event))

    async def until_open(self, next: GameId) -> None:
        """Return once `next` is there, or after PATIENCE; at once where it is not being opened here."""
        if opening := self._opening.get(next):
            await asyncio.wait({opening}, timeout=PATIENCE)

    def stop(self) -> None:
        self._stopped = True

    async def _open(self, next: GameId, game: Game, event: RecordedEvent) -> None:
        try:
            while not await self._is_open(next, game, event) and not self._stopped:
                await asyncio.sleep(RETRY)  # where it is stopped, another server finds the game
        finally:
            self._opening.pop(next, None)

    async def _is_open(self, next: GameId, game: Game, event: RecordedEvent) -> bool:
        """Open the next game, unless somebody has. False where the database is away."""
        try:
            if not (await self._handler.load(next)).created:
                await self._start(next, game, event)
        except Rejected:
            pass  # somebody has meanwhile
        except StoreUnavailable:
            return False
        return True

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
