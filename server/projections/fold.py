"""Folding a batch of the log into rows."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from server.projections.projection import Projection
from server.store.event_store import Checkpoint, RecordedEvent, StreamId
from server.store.read_models import Batch, Row

SLICE = 50
"""Number of events after which others have their turn."""


class Folded(NamedTuple):
    """The outcome of a batch."""

    rows: dict[UUID, Row | None]
    """The rows that it changes; None for those that are to be removed."""
    anew: set[UUID]
    """The streams whose rows had to be folded anew: the log no longer has what they were folded from."""


async def fold(
    projection: Projection,
    batch: Batch,
    events: Sequence[RecordedEvent],
    on_event: Callable[[RecordedEvent], None] = lambda event: None,
) -> Folded:
    """Fold `events`, which come next in the log. `on_event` is told of each before it is folded.

    Raises what `project` raises; StoreUnavailable.
    """
    if not events:
        return Folded({}, set())
    concerned = {id for event in events for id in projection.concerns(event)}
    rows: dict[UUID, Row | None] = {**dict.fromkeys(concerned), **await batch.load(concerned)}
    changed = set[UUID]()
    anew = set[UUID]()
    for number, event in enumerate(events, 1):
        if number % SLICE == 0:
            await asyncio.sleep(0)
        stream = event.stream_id
        if stream in anew:
            continue
        on_event(event)
        if projection.in_step and not projection.in_step(rows[stream], event):
            anew.add(stream)
            rows |= await fold_anew(projection, batch, [stream], place_of(events[-1]))
            changed.add(stream)
        else:
            if projection.also and (missing := set(projection.also(rows, event)) - rows.keys()):
                rows.update({**dict.fromkeys(missing), **await batch.load(missing)})
            changes = projection.project(rows, event)
            rows.update(changes)
            changed.update(changes)
    return Folded({id: rows[id] for id in changed}, anew)


async def fold_anew(
    projection: Projection, batch: Batch, streams: Iterable[UUID], upto: Checkpoint
) -> dict[UUID, Row | None]:
    """The rows of these streams, each folded from the start of its stream up to a place in the log."""
    rows: dict[UUID, Row | None] = {}
    for stream in streams:
        rows[stream] = None
        for event in await batch.read_stream(StreamId(stream)):
            if place_of(event) <= upto:
                rows |= projection.project(rows, event)
    return rows


def place_of(event: RecordedEvent) -> Checkpoint:
    """The checkpoint behind `event`."""
    return Checkpoint(event.transaction_id, event.position)
