"""The only write path: see the game, decide, append at the version decided on, then publish."""

import contextlib
import logging
from collections.abc import Callable
from uuid import UUID

from server import codec
from server.event_store import (
    EventStore,
    Metadata,
    StoreUnavailable,
    StreamId,
    WrongExpectedVersion,
)
from server.game.board import Seat
from server.game.commands import Command
from server.game.decider import Game, decide, fold
from server.game.events import Event, GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.games import Done, Games
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
        self._games = Games(store)

    async def load(self, game_id: GameId, upto: int | None = None) -> Game:
        """The game after its events, up to and with version `upto`. Raises StoreUnavailable."""
        if upto is None:
            return (await self._games.look(StreamId(game_id))).game
        return fold(map(codec.decode, await self._store.read(StreamId(game_id), upto=upto)))

    async def seat_of(self, game_id: GameId, player: PlayerId) -> Seat | None:
        """Where `player` sits, which nobody leaves. Raises StoreUnavailable."""
        seen = self._games.seen(StreamId(game_id))
        return (seen and seen.game.seat_of(player)) or (await self.load(game_id)).seat_of(player)

    def heard(self, commit: Commit) -> None:
        """Something was recorded, maybe by another server."""
        self._games.heard(StreamId(commit.game), commit.last)

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
        metadata = Metadata(
            command_id=command_id,
            correlation_id=command_id,
            causation_id=command_id,
            player=command.player,
            server=self._server,
        )
        uncertain: StoreUnavailable | None = None
        seen = self._games.seen(stream_id)
        for _ in range(ATTEMPTS):
            remembered = seen is not None
            seen = seen or await self._games.look(stream_id)
            if done := seen.commands.get(command_id):
                if uncertain:  # it was recorded, but nobody was told
                    await self._tell(stream_id, done)
                return _answer(done, command)
            if uncertain:
                raise uncertain
            try:
                decided = _decide(seen.game, command, version)
            except Rejected:
                if not remembered:
                    raise
                seen = None  # a refusal rests on the log, not on what is remembered of it
                continue
            new = [codec.encode(event, metadata) for event in decided]
            try:
                appended = await self._store.append(stream_id, seen.game.version, new)
            except WrongExpectedVersion:
                self._metrics.lost_races.inc()
                seen = None
                continue
            except StoreUnavailable as error:
                uncertain, seen = error, None
                continue
            seen.take(appended, decided)
            self._metrics.frames_encoded.inc()
            self._publish(commit(appended))
            return appended[-1].version
        logger.warning("a command lost every race", extra={"game": stream_id, "command_id": command_id})
        raise Rejected(Code.UNAVAILABLE, "Too many moves at once; try again.")

    async def _tell(self, stream_id: StreamId, done: Done) -> None:
        with contextlib.suppress(StoreUnavailable):  # the sweep will
            self._publish(commit(await self._store.read(stream_id, after=done.first - 1, upto=done.last)))


def _decide(game: Game, command: Command, version: int | None) -> tuple[Event, ...]:
    if version is not None and version != game.version:
        raise Rejected(Code.STALE_VERSION, f"The game is at version {game.version} by now.")
    return decide(game, command)


def _answer(done: Done, command: Command) -> int:
    """The answer that the command got which led to `done`."""
    if done.player != command.player:
        raise Rejected(Code.BAD_MESSAGE, "This id belongs to another player's command.")
    return done.last
