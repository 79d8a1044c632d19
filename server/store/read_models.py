"""Read models: tables folded from the log, and the transactions that change them and their place in it.

A read model is kept in versions. Version N has tables of its own (`games_v3`); one is served from, and
another may be built beside it until it takes over.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from server.store.event_store import Checkpoint, RecordedEvent, StreamId

LEASE = 3.0
"""Time for which a runner that is not heard of keeps its version, in seconds."""
RETRY = 5.0
"""Time until an event that could not be folded is tried again, in seconds."""


class Row(Struct, frozen=True, kw_only=True):
    """A row of a read model. What a subclass adds are the table's columns."""

    id: UUID


class Model(NamedTuple):
    """A read model, as far as its tables are concerned."""

    name: str
    revision: int
    """The number of the code that folds it. It goes up where the same events lead to other rows."""
    row: type[Row]
    begun_by: frozenset[str] | None = None
    """The types of events with which a stream gets rows: an event of another type changes nothing in a stream
    that has none. None where any event may."""
    stream_column: str = "id"
    """The column with the stream of a row."""


class Version(NamedTuple):
    """One build of a read model: `games`, 3 has the tables `games_v3…`."""

    name: str
    number: int

    @property
    def table(self) -> str:
        return f"{self.name}_v{self.number}"


class State(StrEnum):
    """The states of a version. A retired one is served from no more, and its tables are dropped."""

    SERVING = "serving"
    BUILDING = "building"
    RETIRED = "retired"


class Status(Struct, frozen=True, kw_only=True):
    """A version and how far it has come."""

    name: str
    version: int
    revision: int
    state: State
    transaction_id: int
    position: int
    """Its place: the last event that it has folded is at (transaction_id, position)."""
    events: int
    """Number of events that it has folded."""
    runner: str | None
    """The process that folds it; None where none does."""
    lag_events: int
    """Number of recorded events that it has not folded; from 1,000 on by the positions, which may skip."""
    lag_seconds: float
    """Age of the oldest of these, in seconds; 0 where there is none."""
    held_back: int
    """Number of these that cannot be read yet, because an older transaction is still open; at most 1,000."""
    error: str | None
    """The error of an event that it cannot fold, at which it stopped; None where it goes on."""
    stopped_at: datetime | None
    resting: bool
    """True if it has stopped, and it is not yet time to try again."""

    @property
    def key(self) -> Version:
        return Version(self.name, self.version)


class Place(NamedTuple):
    """A version's place in the log, read within a batch."""

    checkpoint: Checkpoint
    there: bool
    """False if the log no longer has the event at the checkpoint: the database went back."""
    error: str | None
    renewed: float
    """Age of the last sign of life of this runner, in seconds; of one that has just taken over, infinite."""


class Portion(NamedTuple):
    """The next part of the log, as far as it concerns a read model."""

    events: list[RecordedEvent]
    """Without those that cannot change a row (Model.begun_by), except for the last, which tells the place."""
    number: int
    """Number of events, with those that were left out."""


class Batch(Protocol):
    """A transaction on one version, by its only runner. What it saves is there as a whole or not at all."""

    place: Place
    """The version's place, which `save` moves."""

    async def read(self, limit: int) -> Portion:
        """The next `limit` events of the log, as EventStore.read_log."""
        ...

    async def read_stream(self, stream: StreamId) -> list[RecordedEvent]:
        """All events of a stream."""
        ...

    async def load(self, ids: Collection[UUID]) -> Mapping[UUID, Row]:
        """The rows with these ids, as far as there are any."""
        ...

    async def save(self, rows: Mapping[UUID, Row | None], checkpoint: Checkpoint, events: int) -> None:
        """Write `rows`, removing those that are None, and go on to `checkpoint`, so many events on. The
        sign of life of the runner."""
        ...

    async def differing(
        self, ids: Collection[UUID], after: UUID, limit: int
    ) -> tuple[list[UUID], UUID | None]:
        """The ids of rows whose head the log does not have, of those with `ids` and of the `limit` that come
        behind the id `after`; and the last of the latter, None where there are no more."""
        ...

    async def swap(self) -> bool:
        """Serve from this version. False where another one that is served from is ahead, or busy."""
        ...


class Due(NamedTuple):
    """A game needs a look since then."""

    game: UUID
    at: datetime


class ReadModels(Protocol):
    """The read models of a database. Every method raises StoreUnavailable."""

    async def prepare(self, models: Sequence[Model]) -> None:
        """Make a first version of each that has none, and begin to build one of each that an older release
        has folded."""
        ...

    async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
        """The deadlines that have passed, the oldest first, without those `passed_over`."""
        ...

    async def look(self) -> list[Status]:
        """Every version, by name and number."""
        ...

    def batch(self, version: Version, runner: str) -> AbstractAsyncContextManager[Batch | None]:
        """Begin a batch; None where another runner has the version. Committed at the end of the context, and
        undone where that is left by an error."""
        ...

    async def build(self, model: Model, again: bool = False) -> Version:
        """Begin to build a new version, unless one of this revision is being built; the one that is. `again`
        gives that one up."""
        ...

    async def stop(self, version: Version, error: str) -> bool:
        """Note that an event cannot be folded. True if that is news."""
        ...

    async def leave(self, runner: str) -> None:
        """Leave all versions of `runner` to others."""
        ...

    async def clear(self) -> None:
        """Drop the tables of versions that are retired."""
        ...


class Statements(Protocol):
    """A database, as far as those who list are concerned."""

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        """The rows of the statement `name`, by column. Raises StoreUnavailable."""
        ...
