"""The event store: streams of immutable events, each appended behind the head that its writer saw."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, NewType, Protocol
from uuid import UUID

from msgspec import Struct

from server.store.ids import derived

StreamId = NewType("StreamId", UUID)

EVENT_IDS = 4096
"""Cache size, in ids of events: projections ask several times for the same ones."""

Data = Mapping[str, Any]
"""A JSON object."""


class Metadata(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Data about an event, beside the fact itself. It never holds a secret.

    Its fields stand in the order of their names, in which they are hashed (server/store/history.py).
    """

    causation_id: UUID
    """The cause of that command: itself, or the event that a process reacted to."""
    command_id: UUID
    """The command that led to it; the same command is never recorded twice in a stream."""
    correlation_id: UUID
    """The conversation it belongs to: the id of the command that began it."""
    engine: int | None = None
    nodes: int | None = None
    player: UUID
    """The player who gave the command, or the process that did."""
    process: str | None = None
    """The name of the process that gave the command, where it was no player."""
    seed: int | None = None
    """For a move of the computer what it was chosen by, so that the same column can be found again: the seed,
    the budget (`nodes`, in positions searched), and the version of the `engine`."""
    server: str
    """The name of the server that recorded it."""


class NewEvent(Struct, frozen=True, kw_only=True, gc=False):
    """An event that is about to be recorded."""

    type: str
    schema_version: int
    data: Data
    metadata: Metadata


class Head(Struct, frozen=True, gc=False):
    """A place in a stream, and what the stream is up to there."""

    version: int
    """The version of the last event, 0 for an empty stream."""
    hash: bytes | None
    """The hash over the stream up to that event (server/store/history.py); None where it is not known."""


EMPTY = Head(0, bytes(32))
"""The head of a stream without events."""


class RecordedEvent(Struct, frozen=True, kw_only=True, gc=False):
    """An event in the log, where it will stay."""

    stream_id: StreamId
    version: int
    """Its place in its stream, from 1 and without a gap."""
    type: str
    schema_version: int
    data: Data
    metadata: Metadata
    recorded_at: datetime
    transaction_id: int
    """The commit it is part of: the events of one decision share it."""
    position: int
    """Its place in the whole log. Rises and may skip; the order of commits is that of `Checkpoint`."""
    hash: bytes | None = None
    """The hash over the stream up to and including it; None where it has none and the one before is not
    known either."""

    @property
    def head(self) -> Head:
        return Head(self.version, self.hash)


@lru_cache(EVENT_IDS)
def event_id(stream_id: UUID, version: int) -> UUID:
    """The id of the event at `version`: the `causation_id` of what a process does because of it."""
    return derived(stream_id, str(version))


class Checkpoint(NamedTuple):
    """A place in the whole log, in the order in which a reader may see it."""

    transaction_id: int
    position: int


START = Checkpoint(0, 0)


OnOutcome = Callable[[list[RecordedEvent] | Exception], None]
"""Takes what an append recorded, or what it failed with."""


class EventStore(Protocol):
    """Append and read. Nothing here changes or removes an event."""

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent]
    ) -> list[RecordedEvent]:
        """Record all of `events`, or none, behind the head `expected` (EMPTY for a new stream).

        A version number is not enough: after the database went back, another event may have had the same one.
        Where the stream's last event has no hash, its version alone is compared.

        They share a transaction id and a time, and are durable once this returns. Raises WrongExpectedVersion
        where the stream has any other head; NotSent; OutcomeUnknown, after which they may be recorded or not;
        ValueError where there are no events.
        """
        ...

    def submit(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], on_outcome: OnOutcome
    ) -> None:
        """As `append`, but `on_outcome` is told, later and once, so that no task has to wait. Raises NotSent,
        where it is known at once; ValueError."""
        ...

    async def read(
        self, stream_id: StreamId, after: Head = EMPTY, upto: int | None = None
    ) -> list[RecordedEvent]:
        """The events of a stream with `after` < version ≤ `upto`, in order; without `upto` to its end.

        Empty where there are none, as with an `upto` of 0, or where there is no such stream. Where `after`
        has a hash, each event has one too. Raises HistoryChanged where the stream does not have that head;
        StoreUnavailable.
        """
        ...

    async def version(self, stream_id: StreamId) -> int:
        """The version of a stream's last event, 0 where there is none. Raises StoreUnavailable."""
        ...

    async def record(self, stream_id: StreamId) -> list[RecordedEvent]:
        """All events of a stream exactly as they are stored, not upcast, each with its hash.
        Raises StoreUnavailable."""
        ...

    async def moved(self, heads: Mapping[StreamId, Head]) -> list[StreamId]:
        """Of these streams, those whose last event is not the one given: there is one behind it, or it is not
        there any more. Raises StoreUnavailable."""
        ...

    async def read_log(self, after: Checkpoint, limit: int) -> list[RecordedEvent]:
        """At most `limit` events of the whole log behind `after`, in the order of their checkpoints.

        An event that is not returned because its transaction, or one begun before it, is still open will be
        behind the checkpoint of what is returned: a reader that goes on from there misses none.
        Raises StoreUnavailable.
        """
        ...

    async def confirm(self) -> None:
        """Return once all that can be read now is as durable as an append. Raises StoreUnavailable."""
        ...

    async def ping(self) -> None:
        """Return if the store takes appends and keeps them. Raises StoreUnavailable."""
        ...
