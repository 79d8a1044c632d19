"""The read model of deadlines: when the time of whoever is to move is up, in each game with a clock.

What may be given back, lag and downtime, is not in it: whoever finds a game here asks the rules.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from server.game.clock import FIRST_MOVE, FREE_MOVES
from server.projections.projection import Projection, Rows, head_of
from server.store.event_store import RecordedEvent
from server.store.read_models import Row


class Deadline(Row, frozen=True, kw_only=True):
    """A game with a clock. `version` and `hash` are the head that it was folded to."""

    version: int = 0
    hash: str | None = None
    """In hex; None where the event has none."""
    initial: int
    """Time that each player has at the start, in seconds."""
    remaining: tuple[int, ...] = ()
    """For each move on the board the time that its player had left after it, in milliseconds."""
    due_at: datetime | None = None
    """None where nobody's time runs."""


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """The deadline of the event's game after it. A game without a clock has none."""
    game = rows[event.stream_id]
    if game is None:
        terms = event.data.get("clock") if event.type == "GameCreated" else None
        if not terms:
            return {}
        game = Deadline(id=event.stream_id, initial=terms["initial"])
    assert isinstance(game, Deadline)
    return {event.stream_id: replace(_after(game, event), **head_of(event))}


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
    """True if the event is the next of its game, or that of a game without a clock."""
    assert row is None or isinstance(row, Deadline)
    return row is None or event.version == row.version + 1


DEADLINES = Projection(name="deadlines", revision=1, row=Deadline, project=project, in_step=in_step)
