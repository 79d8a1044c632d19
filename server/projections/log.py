"""The read model of the log for everybody: where each event of a listed game is, and what caused it."""

from collections.abc import Iterable
from uuid import UUID

from server.projections.games import is_listed
from server.projections.projection import Projection, Rows
from server.store.event_store import RecordedEvent, event_id
from server.store.read_models import Row


class Entry(Row, frozen=True, kw_only=True):
    """An event of a listed game. `id` is the event's."""

    transaction_id: int
    position: int
    game: UUID
    version: int
    type: str
    command_id: UUID
    cause: UUID | None
    """The event that a process reacted to; None for what somebody did."""


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """An entry for the event if its game is listed, which its first event says."""
    [first] = concerns(event)
    if rows[first] is None and not (event.version == 1 and is_listed(event.data)):
        return {}
    own = event_id(event.stream_id, event.version)
    metadata = event.metadata
    caused = metadata.causation_id != metadata.command_id
    return {
        own: Entry(
            id=own,
            transaction_id=event.transaction_id,
            position=event.position,
            game=event.stream_id,
            version=event.version,
            type=event.type,
            command_id=metadata.command_id,
            cause=metadata.causation_id if caused else None,
        )
    }


def concerns(event: RecordedEvent) -> Iterable[UUID]:
    """The entry of the game's first event. That of the event itself is new."""
    return (event_id(event.stream_id, 1),)


LOG = Projection(
    name="log",
    revision=1,
    row=Entry,
    project=project,
    concerns=concerns,
    begun_by=frozenset({"GameCreated"}),
    stream_column="game",
)
