"""Bugs of processes, and of what they rest on: deadlines, the heartbeat, and the ids of commands."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from server.errors import WrongExpectedVersion
from server.game.clock import Downtime
from server.game.commands import Command
from server.game.events import Event, GameId
from server.game.state import Game
from server.game_cache import CachedGame
from server.handler import Handler
from server.processes.deadlines import Deadlines
from server.processes.referee import REFEREE
from server.processes.rematch import Rematch
from server.projections.deadlines import DEADLINES, Deadline
from server.store.event_store import Checkpoint, Metadata, RecordedEvent, StreamId
from server.store.heartbeat import Beat
from server.store.read_models import Batch, Row, Version
from tests.simulation.bugs.projections import WrappedModels


class FlagsAtAnyVersion(Handler):
    """Records that a player's time is up behind whatever came last, although that may have been a move."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        try:
            return await super()._record(stream_id, cached, events, metadata)
        except WrongExpectedVersion:
            if metadata.process != REFEREE.name:
                raise
        return await super()._record(stream_id, await self._cache.load(stream_id), events, metadata)


class OtherIds(Handler):
    """Gives a process's command another id each time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._numbers = count()

    async def handle(
        self, game_id: GameId, command: Command, command_id: UUID, *arguments: Any, **options: Any
    ) -> int:
        if options.get("cause"):
            command_id = uuid5(command_id, f"{self._server} {next(self._numbers)}")
        return await super().handle(game_id, command, command_id, *arguments, **options)


class NobodyLooks(Deadlines):
    """Does not look for games that no server has in memory."""

    async def run(self) -> None:
        await asyncio.Event().wait()


class NoDeadlines(WrappedModels):
    """Writes no deadline of any game."""

    async def save(
        self, version: Version, batch: Batch, rows: Mapping[UUID, Row | None], at: Checkpoint, events: int
    ) -> None:
        await super().save(version, batch, {} if version.name == DEADLINES.name else rows, at, events)


class EternalDeadlines(WrappedModels):
    """Leaves the deadline of a game that is over as it is."""

    async def save(
        self, version: Version, batch: Batch, rows: Mapping[UUID, Row | None], at: Checkpoint, events: int
    ) -> None:
        kept = {
            id: row
            for id, row in rows.items()
            if not isinstance(row, Deadline) or not row.remaining or row.flag_at is not None
        }
        await super().save(version, batch, kept, at, events)


class OwnRematch(Rematch):
    """Gives the next game an id of this server's own."""

    async def _open(self, next: GameId, game: Game, event: RecordedEvent) -> None:
        await super()._open(GameId(uuid5(next, self._handler._server)), game, event)


def no_downtimes(beat: Beat) -> Beat:
    """A heartbeat that tells of no downtime."""

    async def silent() -> tuple[Downtime, ...]:
        await beat()
        return ()

    return silent
