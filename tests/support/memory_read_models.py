"""The read models in memory: tables that keep every promise, and ReadModels that read and write them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from server.projections.deadlines import Deadline
from server.store.event_store import START, Checkpoint, RecordedEvent, StreamId
from server.store.read_models import LEASE, RETRY, Due, Model, Place, Portion, Row, State, Status, Version
from tests.support.memory_store import Log

T = TypeVar("T")

COMMIT_TIMEOUT = 1.0
"""Time after which a commit whose answer was lost has taken effect, or never will, in seconds."""


@dataclass(eq=False)
class Table:
    """A version: its row in the table of projections, and its own rows."""

    model: Model
    state: State
    checkpoint: Checkpoint = START
    events: int = 0
    runner: str | None = None
    renewed_at: float = 0.0
    error: str | None = None
    stopped_at: float = float("-inf")
    rows: dict[UUID, Row] = field(default_factory=dict)
    locked_by: object | None = None


class Tables:
    """All versions of all read models of a database."""

    def __init__(self, log: Log, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.log, self.clock = log, clock
        self.versions: dict[Version, Table] = {}

    def serving(self, name: str) -> dict[UUID, Row]:
        """The rows that are served from; none where there is no version yet."""
        serving = (table for table in self.of(name).values() if table.state is State.SERVING)
        return next((table.rows for table in serving), {})

    def of(self, name: str) -> dict[int, Table]:
        return {version.number: table for version, table in self.versions.items() if version.name == name}


class Call(Protocol):
    """Sends a statement whose answer is what `effect` returns, as SimulatedStore.call."""

    def __call__(self, effect: Callable[[], T]) -> Awaitable[T]: ...


async def at_once(effect: Callable[[], T]) -> T:
    return effect()


class MemoryReadModels:
    """ReadModels over `tables`. `call` is the way there, which may fail."""

    def __init__(
        self, tables: Tables, call: Call = at_once, open_transactions: Callable[[], int] = lambda: 0
    ) -> None:
        self._tables, self._call, self._open_transactions = tables, call, open_transactions

    async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
        return await self._call(lambda: [due for due in self._due() if due not in passed_over][:most])

    def _due(self) -> list[Due]:
        now = datetime.fromtimestamp(self._tables.clock(), UTC)
        rows = [row for row in self._tables.serving("deadlines").values() if isinstance(row, Deadline)]
        due = [(row.due_at, row.id) for row in rows if row.due_at is not None and row.due_at <= now]
        return [Due(id, at) for at, id in sorted(due)]

    async def prepare(self, models: Sequence[Model]) -> None:
        for model in models:
            await self._call(lambda model=model: self._prepare(model))  # type: ignore[misc]

    def _prepare(self, model: Model) -> None:
        serving = [table for table in self._tables.of(model.name).values() if table.state is State.SERVING]
        if not serving:
            self._add(model, State.SERVING)
        elif serving[0].model.revision < model.revision:
            self._build(model)

    def _add(self, model: Model, state: State) -> Version:
        version = Version(model.name, max(self._tables.of(model.name), default=0) + 1)
        self._tables.versions[version] = Table(model, state)
        return version

    async def build(self, model: Model, again: bool = False) -> Version:
        return await self._call(lambda: self._build(model, again))

    def _build(self, model: Model, again: bool = False) -> Version:
        for number, table in self._tables.of(model.name).items():
            if table.state is State.BUILDING:
                if table.model.revision >= model.revision and not again:
                    return Version(model.name, number)
                table.state = State.RETIRED
        return self._add(model, State.BUILDING)

    async def look(self) -> list[Status]:
        return await self._call(
            lambda: [
                self._status(*item)
                for item in sorted(self._tables.versions.items(), key=lambda item: item[0])
            ]
        )

    def _status(self, version: Version, table: Table) -> Status:
        now = self._tables.clock()
        behind = [
            event
            for event in self._tables.log.events
            if (event.transaction_id, event.position) > table.checkpoint
        ]
        return Status(
            name=version.name,
            version=version.number,
            revision=table.model.revision,
            state=table.state,
            transaction_id=table.checkpoint.transaction_id,
            position=table.checkpoint.position,
            events=table.events,
            runner=table.runner if table.renewed_at > now - LEASE else None,
            lag_events=len(behind),
            lag_seconds=0.0,
            held_back=0,
            error=table.error,
            stopped_at=datetime.fromtimestamp(table.stopped_at, UTC) if table.error else None,
            resting=table.stopped_at > now - RETRY,
        )

    @contextlib.asynccontextmanager
    async def batch(self, version: Version, runner: str) -> AsyncIterator["MemoryBatch | None"]:
        session = object()

        def begin() -> Place | None:
            table = self._tables.versions.get(version)
            if table is None or table.state is State.RETIRED or table.locked_by:
                return None
            age = self._tables.clock() - table.renewed_at
            if table.runner not in (None, runner) and age <= LEASE:
                return None
            table.locked_by = session
            age = age if table.runner == runner else float("inf")
            return Place(table.checkpoint, self._is_there(table.checkpoint), table.error, age)

        def end() -> None:
            for table in self._tables.versions.values():
                if table.locked_by is session:
                    table.locked_by = None

        try:
            place = await self._call(begin)
            if place is None:
                yield None
                return
            batch = MemoryBatch(self, version, runner, place, session)
            yield batch
        except BaseException:
            self._later(end)
            raise

        def commit() -> None:
            for change in batch.changes:
                change()
            end()

        try:
            await self._call(commit)
        except BaseException:
            self._later(end)
            raise

    def _later(self, end: Callable[[], None]) -> None:
        """What was sent may still take effect; then it is as if the connection was closed."""
        if self._call is at_once:
            end()
        else:
            asyncio.get_running_loop().call_later(COMMIT_TIMEOUT, end)

    def _is_there(self, checkpoint: Checkpoint) -> bool:
        return checkpoint == START or any(
            (event.transaction_id, event.position) == checkpoint for event in self._tables.log.events
        )

    async def stop(self, version: Version, error: str) -> bool:
        def stop() -> bool:
            table = self._tables.versions[version]
            before, table.error = table.error, error
            table.stopped_at, table.runner = self._tables.clock(), None
            return before is None

        return await self._call(stop)

    async def leave(self, runner: str) -> None:
        def leave() -> None:
            for table in self._tables.versions.values():
                if table.runner == runner:
                    table.runner = None

        await self._call(leave)

    async def clear(self) -> None:
        def clear() -> None:
            for version, table in list(self._tables.versions.items()):
                if table.state is State.RETIRED and not table.locked_by:
                    del self._tables.versions[version]

        await self._call(clear)


class MemoryBatch:
    """A batch. What it changes is collected, and takes effect at its end."""

    def __init__(
        self, models: MemoryReadModels, version: Version, runner: str, place: Place, session: object
    ) -> None:
        self._models, self._tables, self._call = models, models._tables, models._call
        self._version, self._runner, self.place, self._session = version, runner, place, session
        self.changes: list[Callable[[], None]] = []
        self._saved: dict[UUID, Row | None] = {}

    @property
    def _table(self) -> Table:
        return self._tables.versions[self._version]

    async def read(self, limit: int) -> Portion:
        after, open_transactions = self.place.checkpoint, self._models._open_transactions()
        return await self._call(
            lambda: self._concerning(self._tables.log.read_log(after, limit, open_transactions))
        )

    def _concerning(self, events: list[RecordedEvent]) -> Portion:
        """Of these next events those that may change a row, and the last."""
        model = self._table.model
        if model.begun_by is None:
            return Portion(events, len(events))
        concerned = {getattr(row, model.stream_column) for row in self._table.rows.values()}
        concerned |= {event.stream_id for event in events if event.type in model.begun_by}
        return Portion(
            [event for event in events if event is events[-1] or event.stream_id in concerned], len(events)
        )

    async def read_stream(self, stream: StreamId) -> list[RecordedEvent]:
        return await self._call(lambda: list(self._tables.log.read(stream)))

    async def load(self, ids: Collection[UUID]) -> dict[UUID, Row]:
        return await self._call(lambda: {id: row for id in ids if (row := self._row(id))})

    def _row(self, id: UUID) -> Row | None:
        return self._saved[id] if id in self._saved else self._table.rows.get(id)

    async def save(self, rows: Mapping[UUID, Row | None], checkpoint: Checkpoint, events: int) -> None:
        def save() -> None:
            table = self._table
            for id, row in rows.items():
                if row is None:
                    table.rows.pop(id, None)
                else:
                    table.rows[id] = row
            table.checkpoint, table.events = checkpoint, table.events + events
            table.runner, table.renewed_at = self._runner, self._tables.clock()
            table.error, table.stopped_at = None, float("-inf")

        await self._call(lambda: self._session)
        self._saved |= rows
        self.changes.append(save)
        self.place = self.place._replace(checkpoint=checkpoint)

    async def differing(
        self, ids: Collection[UUID], after: UUID, limit: int
    ) -> tuple[list[UUID], UUID | None]:
        def look() -> tuple[list[UUID], UUID | None]:
            known = self._table.rows.keys() | self._saved.keys()
            next = sorted(id for id in known if id > after)[:limit]
            looked_at: list[Any] = [row for id in {*ids, *next} if (row := self._row(id))]
            differing = [row.id for row in looked_at if not self._has(row)]
            return differing, next[-1] if next and len(next) == limit else None

        return await self._call(look)

    def _has(self, row: Any) -> bool:
        stream = self._tables.log.streams.get(StreamId(row.id), [])
        found = stream[row.version - 1 : row.version]
        return bool(found) and (found[0].hash and found[0].hash.hex()) in (None, row.hash)

    async def swap(self) -> bool:
        def ready() -> bool:
            for table in self._tables.of(self._version.name).values():
                if table.state is State.SERVING:
                    there = self._models._is_there(table.checkpoint)
                    if table.locked_by or (there and table.checkpoint > self.place.checkpoint):
                        return False
                    table.locked_by = self._session
            return True

        if not await self._call(ready):
            return False

        def swap() -> None:
            for table in self._tables.of(self._version.name).values():
                if table.state is State.SERVING:
                    table.state = State.RETIRED
            self._table.state = State.SERVING

        self.changes.append(swap)
        return True
