"""The event store of a simulation: one reliable log, and an unreliable way to it for each server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from server.errors import NotSent, OutcomeUnknown, ServerError, WrongExpectedVersion
from server.game.clock import Downtime
from server.store.event_store import EMPTY, Checkpoint, Head, NewEvent, OnOutcome, RecordedEvent, StreamId
from server.store.group_commit import Append, GroupCommit, Outcomes
from server.store.heartbeat import GAP
from server.store.history import SealedEvent, seal
from server.wire import commits
from tests.simulation.world import SLOW, World
from tests.support import memory_store
from tests.support.memory_waiting import WaitingTables

T = TypeVar("T")
Json = dict[str, Any]


class Log(memory_store.Log):
    """The committed events of a run, on its clock."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: datetime.fromtimestamp(world.loop.time(), UTC))
        self.shown: dict[StreamId, list[Json]] = {}
        """The same events as clients are to see them, by stream."""
        self.histories: dict[StreamId, list[list[Json]]] = {}
        """For each stream that went back, what was shown before, each time."""
        self.waiting = WaitingTables(self)
        """Who waits for an opponent, as all servers see it."""
        self.lost: list[RecordedEvent] = []
        """The events behind which the log went back."""
        self.away_until = 0.0
        """The time until which nobody reaches it."""
        self.downtimes: tuple[Downtime, ...] = ()
        self._beat_at: datetime | None = None

    def beat(self) -> tuple[Downtime, ...]:
        """As heartbeat.sql."""
        now, before = self.time(), self._beat_at
        if before and now - before > GAP:
            self.downtimes += (Downtime(before, now),)
        self._beat_at = now
        return self.downtimes

    def append(
        self,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[SealedEvent],
        transaction_id: int | None = None,
    ) -> list[RecordedEvent]:
        recorded = super().append(stream_id, expected, events, transaction_id)
        shown = msgspec.json.encode([commits.event(event) for event in recorded])
        self.shown.setdefault(stream_id, []).extend(msgspec.json.decode(shown))
        return recorded

    def go_back(self, stream_id: StreamId, version: int) -> None:
        self.lost += self.streams[stream_id][version:]
        self.histories.setdefault(stream_id, []).append(self.shown[stream_id].copy())
        del self.shown[stream_id][version:]
        super().go_back(stream_id, version)

    def shows(self, stream_id: StreamId, told: list[Json], *, whole: bool = False) -> bool:
        """True if `told` is what a client is to see of the stream, all of it where `whole`."""
        shown = self.shown.get(stream_id, [])
        if stream_id in self.histories:
            # A command that was lost and given again is the same event, recorded at another time.
            shown, told = _without_times(shown), _without_times(told)
        return told == (shown if whole else shown[: len(told)])

    def showed(self, stream_id: StreamId, told: list[Json]) -> bool:
        """True if `told` is what a client was to see before the log went back."""
        return any(
            _without_times(told) == _without_times(history[: len(told)])
            for history in self.histories.get(stream_id, [])
        )

    def was_lost(self, stream_id: StreamId, command_id: UUID) -> bool:
        """True if the log once went back behind what the command led to."""
        return any(
            event.stream_id == stream_id and event.metadata.command_id == command_id for event in self.lost
        )

    def of_command(self, stream_id: StreamId, command_id: UUID) -> list[RecordedEvent]:
        """The events that a command led to."""
        stream = self.streams.get(stream_id, ())
        return [event for event in stream if event.metadata.command_id == command_id]


def _without_times(events: list[Json]) -> list[Json]:
    return [{key: value for key, value in event.items() if key != "recorded_at"} for event in events]


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
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        return await self._group.append(stream_id, expected, seal(stream_id, expected, events))

    def submit(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], on_outcome: OnOutcome
    ) -> None:
        self._group.submit(stream_id, expected, seal(stream_id, expected, events), on_outcome)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Carry out appends for as long as the context lasts, in groups as production does."""
        return self._group.running()

    async def _commit(self, batch: Sequence[Append]) -> Outcomes:
        def commit() -> Outcomes:
            transaction_id = self._log.begin()
            return [self._append(append, transaction_id) for append in batch]

        return await self.call(commit)

    def _append(self, append: Append, transaction_id: int) -> list[RecordedEvent] | Exception:
        try:
            recorded = self._log.append(append.stream_id, append.expected, append.events, transaction_id)
        except WrongExpectedVersion as error:
            return error
        self._world.last_commit = self._world.loop.time()
        self._world.note("commit", append.stream_id, [(event.version, event.type) for event in recorded])
        return recorded

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        return await self._answer(lambda: self._log.read(stream_id, after, upto))

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        return await self.read(stream_id)

    async def version(self, stream_id: StreamId) -> int:
        return await self.call(lambda: self._log.version(stream_id))

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        return await self.call(lambda: self._log.moved(heads))

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        open_transactions = self.open_transactions()
        return await self.call(lambda: self._log.read_log(after, limit, open_transactions))

    async def beat(self) -> tuple[Downtime, ...]:
        """A server's heartbeat. It matters only to games with clocks."""
        if not self._world.setting.clock:
            return ()
        return await self.call(self._log.beat)

    async def time(self) -> datetime:
        """The database's time, at once: what takes long to be measured only has a larger error."""
        return self._log.time()

    def open_transactions(self) -> int:
        """The number of the newest transactions that have not ended yet, as a reader of the log sees it."""
        return self._world.rng.randrange(4) if self._world.faults.kinds else 0

    async def confirm(self) -> None:
        """There is no standby: what can be read is durable."""

    async def ping(self) -> None:
        await self.call(lambda: None)

    async def _answer(self, effect: Callable[[], T]) -> T:
        """As `call`, where the answer may be an error of the log's own."""

        def answer() -> T | ServerError:
            try:
                return effect()
            except ServerError as error:
                return error

        outcome = await self.call(answer)
        if isinstance(outcome, ServerError):
            raise outcome
        return outcome

    async def call(self, effect: Callable[[], T]) -> T:
        """Send a statement whose answer is what `effect` returns. Raises StoreUnavailable, which says
        nothing about whether it took effect."""
        world, loop = self._world, self._world.loop
        away_until = max(self.away_until, self._log.away_until)
        lost = self.cut_off or loop.time() < away_until or world.chance(world.faults.store_lost)
        there, back = world.delay(world.faults.store_slow), world.delay(world.faults.store_slow)
        if lost:
            await asyncio.sleep(there)
            raise NotSent("the statement did not arrive")
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
            raise OutcomeUnknown("the answer did not arrive")
        return outcome[0]
