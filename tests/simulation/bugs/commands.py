"""Bugs in carrying out a command: subclasses of the handler, its cache, and the participant of a session."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from server.errors import StoreUnavailable, WrongExpectedVersion
from server.game.commands import Command
from server.game.events import Event, GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.game.state import Game
from server.game_cache import CachedGame, GameCache
from server.handler import ATTEMPTS, BeforeAppend, Handler, _decide
from server.sockets.participant import Participant
from server.sockets.session import Session
from server.store import codec
from server.store.event_store import Head, Metadata, StreamId
from server.store.history import seal
from server.wire.commits import commit
from tests.support.memory_store import RECORDED_AT

NOBODY = UUID(int=0)


class InATask(Handler):
    """Carries out every command in a task, where a subclass has its bug."""

    def begin(self, *arguments: Any) -> bool:
        return False


class SeatsFromTheCache(Handler):
    """Takes the cached game for that of its subscribers, which alone shows that the log went back."""

    def cached_game(self, game_id: GameId, player: PlayerId, head: Head | None = None) -> Game | None:
        return super().cached_game(game_id, player)


class RecordsTheFirst(InATask):
    """Records the first event of a decision and leaves out the others."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        return await super()._record(stream_id, cached, events[:1], metadata)


class RecordsOneByOne(InATask):
    """Records each event of a decision in a commit of its own."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        for event in events:
            version = await super()._record(stream_id, cached, [event], metadata)
        return version


class ForgetfulCache(GameCache):
    """Does not know the commands that a game has had."""

    def get(self, stream_id: StreamId) -> CachedGame | None:
        cached = super().get(stream_id)
        if cached:
            self._forget(cached)
        return cached

    async def load(self, stream_id: StreamId) -> CachedGame:
        cached = await super().load(stream_id)
        self._forget(cached)
        return cached

    def _forget(self, cached: CachedGame) -> None:
        cached.outcomes.clear()


class SuspiciousCache(ForgetfulCache):
    """Takes every command that a game has had for another player's, so that one sent again is refused."""

    def _forget(self, cached: CachedGame) -> None:
        for id, outcome in cached.outcomes.items():
            cached.outcomes[id] = replace(outcome, actor=NOBODY)


class PublishesFirst(InATask):
    """Publishes a decision before it is recorded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        new = [codec.encode(event, metadata) for event in events]
        sealed = seal(stream_id, cached.head, new)
        recorded = [event.recorded(stream_id, RECORDED_AT, 0, 0) for event in sealed]
        self._publish(commit(recorded, cached.head.hash))
        return await super()._record(stream_id, cached, events, metadata)


class AnswersFirst(InATask):
    """Answers a command before it is recorded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        recording = asyncio.ensure_future(super()._record(stream_id, cached, events, metadata))
        recording.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # else asyncio complains
        return cached.game.version + len(events)


class TakesUnknownForLost(InATask):
    """Takes an append of unknown outcome for one that failed."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        try:
            return await super()._record(stream_id, cached, events, metadata)
        except StoreUnavailable as error:
            raise Rejected(Code.STALE_VERSION, "It was lost.") from error


class TakesUnknownForDone(InATask):
    """Takes an append of unknown outcome for one that succeeded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        try:
            return await super()._record(stream_id, cached, events, metadata)
        except StoreUnavailable:
            return cached.game.version + len(events)


class ObstinateCache(GameCache):
    """Goes on with the game that it has when the log no longer has it."""

    async def load(self, stream_id: StreamId) -> CachedGame:
        cached = self._games.get(stream_id.int)
        game = await super().load(stream_id)
        if cached and cached.game.version > game.game.version:
            self._games[stream_id.int] = game = cached
        return game


class RefusesFromTheCache(InATask):
    """Refuses what the rules do not allow in the cached game, without reading what came after it."""

    async def _handle(
        self,
        stream_id: StreamId,
        command: Command,
        version: int | None,
        metadata: Metadata,
        before_append: BeforeAppend | None,
        failed: Exception | None = None,
    ) -> int:
        cached = self._cache.get(stream_id)
        if cached and metadata.command_id.int not in cached.outcomes:
            _decide(cached.game, command, version)
        return await super()._handle(stream_id, command, version, metadata, before_append, failed)


class RetriesOnTheCache(InATask):
    """Decides again on the cached game after a lost race, without reading what came after it."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        version = cached.game.version
        for _ in range(ATTEMPTS):
            try:
                return await super()._record(stream_id, cached, events, metadata)
            except WrongExpectedVersion:
                if cached.game.version != version:
                    raise
        raise Rejected(Code.UNAVAILABLE, "It lost every race.")


class AnswersAtOnce(Handler):
    """Answers a command that needs no task before it is recorded."""

    def begin(
        self,
        game_id: GameId,
        command: Command,
        command_id: UUID,
        version: int | None,
        on_accepted: Callable[[UUID, int], None],
        on_trouble: Callable[[Coroutine[Any, Any, int]], None],
    ) -> bool:
        cached = self._cache.get(StreamId(game_id))
        begun = super().begin(game_id, command, command_id, version, _ignore, _close)
        if begun and cached:
            asyncio.get_running_loop().call_soon(on_accepted, command_id, cached.game.version + 1)
        return begun


class TakesTroubleForDone(Handler):
    """Takes an append that failed, of a command that needs no task, for one that succeeded."""

    def begin(
        self,
        game_id: GameId,
        command: Command,
        command_id: UUID,
        version: int | None,
        on_accepted: Callable[[UUID, int], None],
        on_trouble: Callable[[Coroutine[Any, Any, int]], None],
    ) -> bool:
        cached = self._cache.get(StreamId(game_id))
        last = cached.game.version + 1 if cached else 0

        def accept(rest: Coroutine[Any, Any, int]) -> None:
            rest.close()
            on_accepted(command_id, last)

        return super().begin(game_id, command, command_id, version, on_accepted, accept)


def _ignore(id: UUID, version: int) -> None: ...


def _close(rest: Coroutine[Any, Any, int]) -> None:
    rest.close()


class ForgetfulParticipant(Participant):
    """Does not remember which commands were refused."""

    __slots__ = ()

    def _remember(self, id: UUID, refusal: Rejected) -> None: ...


class ForgetfulSession(Session):
    """The session of a ForgetfulParticipant."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._participant = ForgetfulParticipant(self._game, self._services, self._lag)
