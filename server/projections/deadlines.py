"""The read model of deadlines: the moment from which on a game needs a server that looks at it.

In a game with a clock that is when the time of whoever is to move is up; after a rematch was accepted, when
the next game should have been opened. What may be given back, lag and downtime, is not in it: whoever finds a
game here asks the rules.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from server.game.clock import FIRST_MOVE, FREE_MOVES
from server.projections.projection import Projection, Rows, head_of
from server.store.event_store import RecordedEvent
from server.store.read_models import Row

REMATCH = timedelta(seconds=0.5)
"""Time in which the server that recorded an accepted rematch opens the next game, if it is still there."""


class Deadline(Row, frozen=True, kw_only=True):
    """A game with a clock, or one whose rematch was accepted. `version` and `hash` are the head that it was
    folded to."""

    version: int = 0
    hash: str | None = None
    """In hex; None where the event has none."""
    initial: int = 0
    """Time that each player has at the start, in seconds; 0 where there is no clock."""
    remaining: tuple[int, ...] = ()
    """For each move on the board the time that its player had left after it, in milliseconds."""
    due_at: datetime | None = None
    """None where nobody has to look."""


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """The deadline of the event's game after it, and that of the game before it, which is opened by it."""
    changes: dict[UUID, Row | None] = {}
    game = rows[event.stream_id] or _begun(event)
    if game:
        assert isinstance(game, Deadline)
        changes[event.stream_id] = replace(_after(game, event), **head_of(event))
    before = _before(event)
    if before and (accepted := rows.get(before)):
        assert isinstance(accepted, Deadline)
        changes[before] = replace(accepted, due_at=None)
    return changes


def _begun(event: RecordedEvent) -> Deadline | None:
    """The row that begins with `event`; None where the game needs none."""
    if event.type == "GameCreated" and (terms := event.data.get("clock")):
        return Deadline(id=event.stream_id, initial=terms["initial"])
    return Deadline(id=event.stream_id) if event.type == "RematchAccepted" else None


def _before(event: RecordedEvent) -> UUID | None:
    """The game before, where `event` opens a rematch."""
    before = event.data.get("rematch_of") if event.type == "GameCreated" else None
    return UUID(before) if before else None


def _concerns(event: RecordedEvent) -> Iterable[UUID]:
    before = _before(event)
    return (event.stream_id, before) if before else (event.stream_id,)


def _after(game: Deadline, event: RecordedEvent) -> Deadline:
    data: Any = event.data
    match event.type:
        case "GameStarted":
            return _thinking(game, game.remaining, event.recorded_at)
        case "MoveMade":
            left = data.get("remaining_ms", _left(game, game.remaining))
            return _thinking(game, (*game.remaining, left), event.recorded_at)
        case "MovesTakenBack":
            return _thinking(game, game.remaining[: -data["number"]], event.recorded_at)
        case "GameFinished" | "GameAborted":
            return replace(game, due_at=None)
        case "RematchAccepted":
            return replace(game, due_at=event.recorded_at + REMATCH)
        case _:
            return game


def _thinking(game: Deadline, remaining: tuple[int, ...], since: datetime) -> Deadline:
    """`game` while its next player thinks, since `since`."""
    first = len(remaining) < FREE_MOVES
    left = FIRST_MOVE if first else timedelta(milliseconds=_left(game, remaining))
    return replace(game, remaining=remaining, due_at=since + left)


def _left(game: Deadline, remaining: tuple[int, ...]) -> int:
    """The time that the player to move has left, in milliseconds: what that player's move before left."""
    return remaining[-2] if len(remaining) > 1 else game.initial * 1000


def in_step(row: Row | None, event: RecordedEvent) -> bool:
    """True if the event is the next of its game, or the game has no row."""
    assert row is None or isinstance(row, Deadline)
    return row is None or event.version == row.version + 1


DEADLINES = Projection(
    name="deadlines", revision=1, row=Deadline, project=project, concerns=_concerns, in_step=in_step
)
