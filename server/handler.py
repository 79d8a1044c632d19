"""The only write path: load the game, decide, append at the version decided on, then publish."""

import logging
from collections.abc import Callable
from uuid import UUID

from server import codec
from server.event_store import (
    EventStore,
    Metadata,
    RecordedEvent,
    StoreUnavailable,
    StreamId,
    WrongExpectedVersion,
)
from server.game.commands import Command
from server.game.decider import Game, decide, fold
from server.game.events import GameId
from server.game.rejected import Code, Rejected
from server.messages import Commit, commit
from server.metrics import Metrics

logger = logging.getLogger(__name__)

ATTEMPTS = 8
"""How often a command is decided at most. Two players who take turns hardly ever lose a race; a game that
loses eight in a row is being flooded."""

Publish = Callable[[Commit], None]
"""Tells subscribers of a commit. Must not wait: what it loses is found in the store."""


class Handler:
    """Carries out commands. `server` is the name recorded with each event."""

    def __init__(self, store: EventStore, publish: Publish, server: str, metrics: Metrics) -> None:
        self._store, self._publish, self._server, self._metrics = store, publish, server, metrics

    async def load(self, game_id: GameId, upto: int | None = None) -> Game:
        """The game after its events, up to and with version `upto`. Raises StoreUnavailable."""
        return fold(map(codec.decode, await self._store.read(StreamId(game_id), upto=upto)))

    async def handle(
        self, game_id: GameId, command: Command, command_id: UUID, version: int | None = None
    ) -> int:
        """Carry out `command` and return the version of its last event, which is durable by then.

        A `command_id` that is in the game's log already has no second effect and the same answer. `version`
        is that of the game which the player saw, or None to decide on the game as it is.

        Raises Rejected; StoreUnavailable, after which the outcome is unknown until the id is sent again.
        """
        try:
            done = await self._handle(StreamId(game_id), command, command_id, version)
        except Rejected as refusal:
            self._metrics.rejected.labels(refusal.code).inc()
            raise
        self._metrics.accepted.inc()
        return done

    async def _handle(
        self, stream_id: StreamId, command: Command, command_id: UUID, version: int | None
    ) -> int:
        uncertain: StoreUnavailable | None = None
        for _ in range(ATTEMPTS):
            recorded = await self._store.read(stream_id)
            if earlier := [event for event in recorded if event.metadata.command_id == command_id]:
                if uncertain:  # it was recorded, but nobody was told
                    self._publish(commit(earlier))
                return _answer(earlier, command)
            if uncertain:
                raise uncertain
            game = fold(map(codec.decode, recorded))
            if version is not None and version != game.version:
                raise Rejected(Code.STALE_VERSION, f"The game is at version {game.version} by now.")
            decided = decide(game, command)
            metadata = Metadata(
                command_id=command_id,
                correlation_id=command_id,
                causation_id=command_id,
                player=command.player,
                server=self._server,
            )
            new = [codec.encode(event, metadata) for event in decided]
            try:
                appended = await self._store.append(stream_id, game.version, new)
            except WrongExpectedVersion:
                self._metrics.lost_races.inc()
                continue
            except StoreUnavailable as error:
                uncertain = error
                continue
            self._publish(commit(appended))
            return appended[-1].version
        logger.warning("a command lost every race", extra={"game": stream_id, "command_id": command_id})
        raise Rejected(Code.UNAVAILABLE, "Too many moves at once; try again.")


def _answer(earlier: list[RecordedEvent], command: Command) -> int:
    """The answer that the command got which recorded `earlier`."""
    if earlier[0].metadata.player != command.player:
        raise Rejected(Code.BAD_MESSAGE, "This id belongs to another player's command.")
    return earlier[-1].version
