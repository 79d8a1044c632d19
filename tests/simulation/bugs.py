"""Bugs planted on purpose, each in one part of the server. The simulation has to find every one of them.

A bug is a subclass of a part or a wrapper around one, so mypy says when it does not fit the server any more.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from server.delivery.bell import Heard
from server.delivery.outbox import Outbox
from server.delivery.pubsub import Bell, Line
from server.delivery.subscription import Subscription
from server.errors import StoreUnavailable, WrongExpectedVersion
from server.game.commands import Command
from server.game.events import Event
from server.game.rejected import Code, Rejected
from server.game_cache import CachedGame, GameCache
from server.handler import ATTEMPTS, BeforeAppend, Handler, _decide
from server.sockets.participant import Participant
from server.sockets.session import Session
from server.store import codec
from server.store.event_store import Checkpoint, EventStore, Metadata, NewEvent, RecordedEvent, StreamId
from server.wire.frame import Frame
from server.wire.messages import Commit, commit
from tests.simulation.server import Parts
from tests.support.memory_store import RECORDED_AT

NOBODY = UUID(int=0)


class WrappedStore:
    """An EventStore that passes everything on to another; a subclass overrides one method."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._store.append(stream_id, expected_version, events)

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        return await self._store.read(stream_id, after, upto)

    async def version(self, stream_id: StreamId) -> int:
        return await self._store.version(stream_id)

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return await self._store.advanced(versions)

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return await self._store.read_log(after, limit)

    async def ping(self) -> None:
        await self._store.ping()


# Healing --------------------------------------------------------------------------------------------------


class UnconfirmedBell:
    """Hides that a subscription to a game has begun, at which the listener has the game read."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        await self._bell.publish(messages)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["UnconfirmedLine"]:
        async with self._bell.listening() as line:
            yield UnconfirmedLine(line)


class UnconfirmedLine:
    """A line of an UnconfirmedBell. The first subscription, to the listener's own channel, is confirmed."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._own: Sequence[bytes] = ()

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        self._own = self._own or channels
        await self._line.subscribe(channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        await self._line.unsubscribe(channels)

    async def hear(self) -> list[Heard]:
        heard = await self._line.hear()
        return [message for message in heard if message.kind != b"subscribe" or message.channel in self._own]


class UncheckedSubscription(Subscription):
    """Takes whatever is newer, without checking for a gap before it."""

    def take(self, commit: Commit) -> None:
        if commit.last > self.version:
            self._take_in(commit)


class LateSubscription(Subscription):
    """Ignores what arrives during a read, as if the read came first and the subscription afterwards."""

    def take(self, commit: Commit) -> None:
        if not self._reading:
            super().take(commit)


class ForgetfulSubscription(Subscription):
    """Fills a gap from the store, and then goes back to the version before it."""

    async def _read(self) -> None:
        version = self.version
        await super()._read()
        self.version = version or self.version


# Delivery -------------------------------------------------------------------------------------------------


class RepeatingSubscription(Subscription):
    """Gives out a commit each time that it arrives."""

    def take(self, commit: Commit) -> None:
        if commit.last <= self.version:
            self._take_in(commit)
        else:
            super().take(commit)


class LatestFirst(Outbox):
    """Gives out the newest commit first."""

    def follow(self, commits: Sequence[Commit], after: int) -> None:
        super().follow(_Reversed(commits), after)


class _Reversed(Sequence[Commit]):
    """A view of a growing list from its end."""

    def __init__(self, commits: Sequence[Commit]) -> None:
        self._commits = commits

    def __len__(self) -> int:
        return len(self._commits)

    def __getitem__(self, place: Any) -> Any:
        return self._commits[-1 - place]


class LossyOutbox(Outbox):
    """Drops answers when it is full, instead of having the socket closed."""

    def put(self, answer: Frame) -> None:
        if len(self._answers) < self._size:
            super().put(answer)


class SplittingStore(WrappedStore):
    """Reads each event as a commit of its own."""

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        events = await super().read(stream_id, after, upto)
        return [replace(event, transaction_id=event.position) for event in events]


# Recording ------------------------------------------------------------------------------------------------


class LatestVersionStore(WrappedStore):
    """Appends at the stream's version, whatever version was expected."""

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await super().append(stream_id, await self.version(stream_id), events)


class RecordsTheFirst(Handler):
    """Records the first event of a decision and leaves out the others."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        return await super()._record(stream_id, cached, events[:1], metadata)


class RecordsOneByOne(Handler):
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
            cached.outcomes[id] = outcome._replace(actor=NOBODY)


# Telling --------------------------------------------------------------------------------------------------


class PublishesFirst(Handler):
    """Publishes a decision before it is recorded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        version = cached.game.version
        new = [codec.encode(event, metadata) for event in events]
        self._publish(
            commit([_as_recorded(stream_id, version + place, event) for place, event in enumerate(new, 1)])
        )
        return await super()._record(stream_id, cached, events, metadata)


def _as_recorded(stream_id: StreamId, version: int, event: NewEvent) -> RecordedEvent:
    return RecordedEvent(
        stream_id=stream_id,
        version=version,
        type=event.type,
        schema_version=event.schema_version,
        data=event.data,
        metadata=event.metadata,
        recorded_at=RECORDED_AT,
        transaction_id=0,
        position=0,
    )


class AnswersFirst(Handler):
    """Answers a command before it is recorded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        recording = asyncio.ensure_future(super()._record(stream_id, cached, events, metadata))
        recording.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # else asyncio complains
        return cached.game.version + len(events)


class TakesUnknownForLost(Handler):
    """Takes an append of unknown outcome for one that failed."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        try:
            return await super()._record(stream_id, cached, events, metadata)
        except StoreUnavailable as error:
            raise Rejected(Code.STALE_VERSION, "It was lost.") from error


class TakesUnknownForDone(Handler):
    """Takes an append of unknown outcome for one that succeeded."""

    async def _record(
        self, stream_id: StreamId, cached: CachedGame, events: Sequence[Event], metadata: Metadata
    ) -> int:
        try:
            return await super()._record(stream_id, cached, events, metadata)
        except StoreUnavailable:
            return cached.game.version + len(events)


# Caching --------------------------------------------------------------------------------------------------


class RefusesFromTheCache(Handler):
    """Refuses what the rules do not allow in the cached game, without reading what came after it."""

    async def _handle(
        self,
        stream_id: StreamId,
        command: Command,
        version: int | None,
        metadata: Metadata,
        before_append: BeforeAppend | None,
    ) -> int:
        cached = self._cache.get(stream_id)
        if cached and metadata.command_id not in cached.outcomes:
            _decide(cached.game, command, version)
        return await super()._handle(stream_id, command, version, metadata, before_append)


class RetriesOnTheCache(Handler):
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


class ForgetfulParticipant(Participant):
    """Does not remember which commands were refused."""

    __slots__ = ()

    def _remember(self, id: UUID, refusal: Rejected) -> None: ...


class ForgetfulSession(Session):
    """The session of a ForgetfulParticipant."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._participant = ForgetfulParticipant(
            self._game, self._services.handler, self._services.credentials
        )


BUGS = {
    "no sweep": Parts(sweeping=False),
    "no reading after a resubscription": Parts(bell=UnconfirmedBell),
    "no gap check": Parts(subscription=UncheckedSubscription),
    "reading before subscribing": Parts(subscription=LateSubscription),
    "a gap is filled, and the version is forgotten": Parts(subscription=ForgetfulSubscription),
    "duplicates are given out": Parts(subscription=RepeatingSubscription),
    "frames are sent in another order": Parts(outbox=LatestFirst),
    "one commit is sent in several frames": Parts(store=SplittingStore),
    "a full outbox drops what is put in": Parts(outbox=LossyOutbox),
    "the expected version is not the one decided on": Parts(store=LatestVersionStore),
    "no look for the command's id": Parts(cache=ForgetfulCache),
    "a command that is done already is refused": Parts(cache=SuspiciousCache),
    "only the first event of a decision is recorded": Parts(handler=RecordsTheFirst),
    "a decision is recorded in several commits": Parts(handler=RecordsOneByOne),
    "published before the commit": Parts(handler=PublishesFirst),
    "accepted before the commit": Parts(handler=AnswersFirst),
    "an append of unknown outcome is taken for lost": Parts(handler=TakesUnknownForLost),
    "an append of unknown outcome is taken for done": Parts(handler=TakesUnknownForDone),
    "a refusal rests on the cache": Parts(handler=RefusesFromTheCache),
    "a lost race is decided again on the cache": Parts(handler=RetriesOnTheCache),
    "a refusal is forgotten": Parts(session=ForgetfulSession),
}
"""The servers that have each bug, by its name."""
