"""Bugs between a server and its surroundings: wrappers around its store and its bell."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec.structs import replace

from server.delivery.connection import Heard
from server.delivery.pubsub import Bell, Line
from server.store.event_store import (
    EMPTY,
    Checkpoint,
    EventStore,
    Head,
    NewEvent,
    RecordedEvent,
    StreamId,
)
from tests.support.memory_store import Submitting


class WrappedStore(Submitting):
    """An EventStore that passes everything on to another; a subclass overrides one method."""

    def __init__(self, store: EventStore) -> None:
        super().__init__()
        self._store = store

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._store.append(stream_id, expected, events)

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        return await self._store.read(stream_id, after, upto)

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        return await self._store.record(stream_id)

    async def version(self, stream_id: StreamId) -> int:
        return await self._store.version(stream_id)

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        return await self._store.moved(heads)

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        return await self._store.read_log(after, limit)

    async def confirm(self) -> None:
        await self._store.confirm()

    async def ping(self) -> None:
        await self._store.ping()


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
        heard = [Heard._make(message) for message in await self._line.hear()]
        return [message for message in heard if message.kind != b"subscribe" or message.channel in self._own]


class SplittingStore(WrappedStore):
    """Reads each event as a commit of its own."""

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        events = await super().read(stream_id, after, upto)
        return [replace(event, transaction_id=event.position) for event in events]


class LatestHeadStore(WrappedStore):
    """Appends at the stream's head, whatever head was expected."""

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        stream = await self.read(stream_id)
        return await super().append(stream_id, stream[-1].head if stream else EMPTY, events)


class VersionStore(WrappedStore):
    """Expects a version alone: whatever event has it now is taken for the one that was seen."""

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        stream = await self.read(stream_id)
        if 0 < expected.version <= len(stream):
            expected = stream[expected.version - 1].head
        return await super().append(stream_id, expected, events)


class UnaskedStore(WrappedStore):
    """Knows of no stream that its last event is not there any more."""

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        return [
            stream
            for stream in await super().moved(heads)
            if await self.version(stream) > heads[stream].version
        ]
