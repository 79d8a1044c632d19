"""A projection: a pure fold of the log into rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.store.event_store import RecordedEvent
from server.store.read_models import Model, Row

Rows = Mapping[UUID, Row | None]
"""Rows by their ids; None for one that there is not."""


def head_of(event: RecordedEvent) -> dict[str, Any]:
    """The columns of a row for the head that it was folded to: `version`, and `hash` in hex."""
    return {"version": event.version, "hash": event.hash.hex() if event.hash else None}


def _of_its_stream(event: RecordedEvent) -> Iterable[UUID]:
    return (event.stream_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A read model and the fold that leads to it.

    `project` gets the rows that the event concerns, as they were before it, and returns those that it
    changes. It does no I/O, reads no clock and draws no random numbers: the same log leads to the same rows.
    What it raises stops the projection in front of that event.
    """

    name: str
    revision: int
    """Goes up where the same events lead to other rows: the next release builds a new version."""
    row: type[Row]
    project: Callable[[Rows, RecordedEvent], Rows]
    concerns: Callable[[RecordedEvent], Iterable[UUID]] = _of_its_stream
    """The ids of the rows that `project` wants to see, or may change."""
    also: Callable[[Rows, RecordedEvent], Iterable[UUID]] | None = None
    """The ids of further rows, which only the first ones tell. Not for a projection that folds `in_step`."""
    in_step: Callable[[Row | None, RecordedEvent], bool] | None = None
    """True if the event comes next for the row of its stream; else the row is folded anew, from the stream
    alone. Without it rows depend on several streams, and after the database went back all are built anew."""

    begun_by: frozenset[str] | None = None
    """The types of events with which a stream gets rows, where all its other events change nothing before: in
    a stream without rows they are passed over unread. None where any event may change something."""
    stream_column: str = "id"
    """The column that has the stream of a row, for that."""

    @property
    def model(self) -> Model:
        return Model(self.name, self.revision, self.row, self.begun_by, self.stream_column)
