"""The event store of a simulation: one reliable log, and an unreliable way to it for each server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from server.errors import StoreUnavailable, WrongExpectedVersion
from server.store.event_store import Checkpoint, NewEvent, RecordedEvent, StreamId
from server.store.group_commit import Append, GroupCommit
from server.wire import messages
from tests.simulation.world import SLOW, World
from tests.support import memory_store

T = TypeVar("T")
Json = dict[str, Any]


class Log(memory_store.Log):
    """The committed events of a run, on its clock."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: datetime.fromtimestamp(world.loop.time(), UTC))
        self.shown: dict[StreamId, list[Json]] = {}
        """The same events as clients are to see them, by stream."""

    def append(
        self,
        stream_id: StreamId,
        expected_version: int,
        events: Sequence[NewEvent],
        transaction_id: int | None = None,
    ) -> list[RecordedEvent]:
        recorded = super().append(stream_id, expected_version, events, transaction_id)
        shown = msgspec.json.encode([messages.event(event) for event in recorded])
        self.shown.setdefault(stream_id, []).extend(msgspec.json.decode(shown))
        return recorded

    def of_command(self, stream_id: StreamId, command_id: UUID) -> list[RecordedEvent]:
        """The events that a command led to."""
        stream = self.streams.get(stream_id, ())
        return [event for event in stream if event.metadata.command_id == command_id]


class SimulatedStore:
    """An EventStore as one server has it: slow, out of reach, or silent about what took effect."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.cut_off = False
        """True once the server has died: what it sent may still take effect, but it gets no answer."""
        self.away_until = 0.0
        """The time until which no call arrives."""
        self._group = GroupCommit(self._commit)

    async def append(
        self, stream_id: StreamId, expected_version: int, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._group.append(stream_id, expected_version, events)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Carry out appends for as long as the context lasts, in groups as production does."""
        return self._group.running()

    async def _commit(self, batch: Sequence[Append]) -> list[list[RecordedEvent] | Exception]:
        def commit() -> list[list[RecordedEvent] | Exception]:
            transaction_id = self._log.begin()
            return [self._append(append, transaction_id) for append in batch]

        return await self.call(commit)

    def _append(self, append: Append, transaction_id: int) -> list[RecordedEvent] | Exception:
        try:
            recorded = self._log.append(
                append.stream_id, append.expected_version, append.events, transaction_id
            )
        except WrongExpectedVersion as error:
            return error
        self._world.note("commit", append.stream_id, [(event.version, event.type) for event in recorded])
        return recorded

    async def read(self, stream_id: StreamId, after: int = 0, upto: int | None = None) -> list[RecordedEvent]:
        return await self.call(lambda: self._log.read(stream_id, after, upto))

    async def version(self, stream_id: StreamId) -> int:
        return await self.call(lambda: self._log.version(stream_id))

    async def advanced(self, versions: Mapping[StreamId, int]) -> list[StreamId]:
        return await self.call(lambda: self._log.advanced(versions))

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        open_transactions = self._world.rng.randrange(4) if self._world.faults.kinds else 0
        return await self.call(lambda: self._log.read_log(after, limit, open_transactions))

    async def ping(self) -> None:
        await self.call(lambda: None)

    async def call(self, effect: Callable[[], T]) -> T:
        """Send a statement whose answer is what `effect` returns. Raises StoreUnavailable, which says
        nothing about whether it took effect."""
        world, loop = self._world, self._world.loop
        lost = self.cut_off or loop.time() < self.away_until or world.chance(world.faults.store_lost)
        there, back = world.delay(world.faults.store_slow), world.delay(world.faults.store_slow)
        if lost:
            await asyncio.sleep(there)
            raise StoreUnavailable("the statement did not arrive")
        answered: asyncio.Future[None] = loop.create_future()
        outcome: list[T] = []

        def take_effect() -> None:
            if self.cut_off and world.chance(0.5):
                return  # it did not arrive before its server died
            outcome.append(effect())
            loop.call_later(back, answer)

        def answer() -> None:
            if not answered.done():
                answered.set_result(None)

        unknown = world.chance(world.faults.store_unknown)
        if unknown and world.chance(0.5):  # it takes effect only after its server has given up
            late = there + SLOW * world.rng.random()
            world.fault_until(loop.time() + late)
            loop.call_later(late, take_effect)
            loop.call_later(there, answer)
        else:
            loop.call_later(there, take_effect)
        await answered
        if unknown:
            raise StoreUnavailable("the answer did not arrive")
        return outcome[0]
