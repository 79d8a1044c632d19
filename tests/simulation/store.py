"""The event store in memory: the log, which keeps every promise, and one server's bad way to it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from server.errors import NotSent, OutcomeUnknown, WrongExpectedVersion
from server.store.event_store import Checkpoint, NewEvent, RecordedEvent, StreamId
from server.store.group_commit import Append, GroupCommit
from server.wire import messages
from tests.simulation.world import SLOW, World

T = TypeVar("T")
Json = dict[str, Any]


class Log:
    """What is committed: an EventStore in memory that answers at once and never fails."""

    def __init__(self) -> None:
        self.streams: dict[StreamId, list[RecordedEvent]] = {}
        self.all: list[RecordedEvent] = []
        self.shown: dict[StreamId, list[Json]] = {}
        """The same as clients are to see it, by stream."""
        self._transaction = 0

    def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent], at: float
    ) -> list[RecordedEvent]:
        stream = self.streams.setdefault(stream_id, [])
        if expected_version != len(stream):
            raise WrongExpectedVersion(stream_id, expected_version)
        self._transaction += 1
        recorded = [
            RecordedEvent(
                stream_id=stream_id,
                version=version,
                type=event.type,
                schema_version=event.schema_version,
                data=event.data,
                metadata=event.metadata,
                recorded_at=datetime.fromtimestamp(at, UTC),
                transaction_id=self._transaction,
                position=len(self.all) + version - expected_version,
            )
            for version, event in enumerate(events, expected_version + 1)
        ]
        stream += recorded
        self.all += recorded
        shown = self.shown.setdefault(stream_id, [])
        shown += msgspec.json.decode(msgspec.json.encode([messages.event(event) for event in recorded]))
        return recorded

    def read(self, stream_id: StreamId, after: int, upto: int | None) -> list[RecordedEvent]:
        return self.streams.get(stream_id, [])[after:upto]

    def version(self, stream_id: StreamId) -> int:
        return len(self.streams.get(stream_id, ()))

    def read_log(self, after: Checkpoint, limit: int, open: int) -> list[RecordedEvent]:
        """As of a moment at which the last `open` transactions had not ended yet."""
        horizon = self._transaction - open
        behind = [event for event in self.all if (event.transaction_id, event.position) > after]
        return [event for event in behind if event.transaction_id <= horizon][:limit]

    def of_command(self, stream_id: StreamId, command_id: UUID) -> list[RecordedEvent]:
        """What the command led to."""
        stream = self.streams.get(stream_id, ())
        return [event for event in stream if event.metadata.command_id == command_id]


class SimulatedStore:
    """An EventStore as one server sees it: slow, away, or silent about what it has done."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.cut_off = False
        """Whether the server has died: what it sent may have its effect still, and it learns of nothing."""
        self.away_until = 0.0
        self._group = GroupCommit(self._commit)

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._group.append(stream_id, expected_version, events)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Carry out appends for as long as the context lasts, in groups as the real store does."""
        return self._group.running()

    async def _commit(self, batch: Sequence[Append]) -> list[list[RecordedEvent] | Exception]:
        def record(append: Append) -> list[RecordedEvent] | Exception:
            try:
                recorded = self._log.append(
                    append.stream_id, append.expected_version, append.events, self._world.loop.time()
                )
            except WrongExpectedVersion as error:
                return error
            self._world.note("commit", append.stream_id, [(event.version, event.type) for event in recorded])
            return recorded

        return await self._call(lambda: [record(append) for append in batch])

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        return await self._call(lambda: self._log.read(stream_id, after, upto))

    async def version(self, stream_id: StreamId) -> int:
        return await self._call(lambda: self._log.version(stream_id))

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        def effect() -> list[StreamId]:
            return [stream for stream, version in versions.items() if self._log.version(stream) > version]

        return await self._call(effect)

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        open = self._world.rng.randrange(4) if self._world.faults.kinds else 0
        return await self._call(lambda: self._log.read_log(after, limit, open))

    async def ping(self) -> None:
        await self._call(lambda: None)

    async def fetch(self, effect: Callable[[], T]) -> T:
        """Any other statement, of which `effect` is the answer."""
        return await self._call(effect)

    async def _call(self, effect: Callable[[], T]) -> T:
        world, loop = self._world, self._world.loop
        lost = self.cut_off or loop.time() < self.away_until or world.chance(world.faults.store_lost)
        there, back = world.delay(world.faults.store_slow), world.delay(world.faults.store_slow)
        if lost:
            await asyncio.sleep(there)
            raise NotSent("it was not reached")
        answered: asyncio.Future[None] = loop.create_future()
        outcome: list[T] = []

        def take_effect() -> None:
            if self.cut_off and world.chance(0.5):
                return  # what the dead server sent has not arrived
            outcome.append(effect())
            loop.call_later(back, answer)

        def answer() -> None:
            if not answered.done():
                answered.set_result(None)

        unknown = world.chance(world.faults.store_unknown)
        if unknown and world.chance(0.5):  # nobody waits any longer, and only then does it happen
            late = there + SLOW * world.rng.random()
            world.fault_until(loop.time() + late)
            loop.call_later(late, take_effect)
            loop.call_later(there, answer)
        else:
            loop.call_later(there, take_effect)
        await answered
        if unknown:
            raise OutcomeUnknown("it was not heard again")
        return outcome[0]
