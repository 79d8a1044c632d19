"""The read model of deadlines: the moment from which on a game needs a server that looks at it.

In a game with a clock that is when the time of whoever is to move is up; in one that the computer plays, when
it should have answered; after a rematch was accepted, when the next game should have been opened. What may be
given back, lag and downtime, is not in it: whoever finds a game here asks the rules.
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

PATIENCE = timedelta(seconds=2.5)
"""Time after which a server that has the computer's answer to give is taken for gone. It takes 1.5 s."""
REMATCH = timedelta(seconds=0.5)
"""Time in which the server that recorded an accepted rematch opens the next game, if it is still there."""


class Deadline(Row, frozen=True, kw_only=True):
    """A game with a clock or the computer, one whose rematch was accepted, or a fork that may get the
    computer yet. `version` and `hash` are the head that it was folded to."""

    version: int = 0
    hash: str | None = None
    """In hex; None where the event has none."""
    initial: int | None = None
    """Time that each player has at the start, in seconds; None where there is no clock."""
    remaining: tuple[int, ...] = ()
    """For each move made on the board the time that its player had left after it, in milliseconds."""
    plies: int = 0
    """Number of discs on the board."""
    bot: UUID | None = None
    """The computer, where it plays."""
    bot_plies: int = 0
    """The rest of `plies` by 2 where it is the computer's turn."""
    flag_at: datetime | None = None
    """None where nobody's time runs."""
    answer_at: datetime | None = None
    """Time by which the computer should have answered, or the next game should have been opened; None where
    neither is to happen."""
    due_at: datetime | None = None
    """The earlier of both; None where there is neither."""


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """The deadline of the event's game after it, and that of the game before, whose rematch it opens. A game
    that goes on only if somebody moves has none."""
    changes: dict[UUID, Row | None] = {}
    before = _before(event)
    if before and (accepted := rows.get(before)):
        assert isinstance(accepted, Deadline)
        changes[before] = replace(accepted, answer_at=None, due_at=None)
    game = rows[event.stream_id] or _begun(event)
    if game is None:
        return changes
    assert isinstance(game, Deadline)
    if event.type == "GameStarted" and game.initial is None and game.bot is None:
        return {event.stream_id: None}  # the row was for the opening alone
    after = _after(game, event)
    due = min((at for at in (after.flag_at, after.answer_at) if at), default=None)
    changes[event.stream_id] = replace(after, due_at=due, **head_of(event))
    return changes


def _begun(event: RecordedEvent) -> Deadline | None:
    """The row that begins with `event`; None where the game needs none."""
    if event.type == "GameCreated":
        terms, opening = event.data.get("clock"), event.data.get("opening", "")
        if terms or opening:
            return Deadline(id=event.stream_id, initial=terms and terms["initial"], plies=len(opening))
    elif event.type == "RematchAccepted" or (event.type == "PlayerJoined" and event.data.get("bot")):
        return Deadline(id=event.stream_id)
    return None


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
        case "PlayerJoined" if data.get("bot"):
            return replace(game, bot=UUID(data["player"]), bot_plies=int(data["seat"] == "red"))
        case "GameStarted":
            return _thinking(game, game.remaining, game.plies, event.recorded_at)
        case "MoveMade":
            remaining = game.remaining
            if game.initial is not None:
                remaining = (*remaining, data.get("remaining_ms", _left(game, remaining)))
            return _thinking(game, remaining, game.plies + 1, event.recorded_at)
        case "MovesTakenBack":
            number = data["number"]
            return _thinking(game, game.remaining[:-number], game.plies - number, event.recorded_at)
        case "DrawOffered" | "TakebackOffered" | "RematchOffered" if _by_another(game, data):
            return replace(game, answer_at=event.recorded_at + PATIENCE)
        case "DrawDeclined" | "TakebackDeclined":
            return _answering(game, event.recorded_at)
        case "RematchAccepted":
            return replace(game, answer_at=event.recorded_at + REMATCH)
        case "GameFinished" | "GameAborted" | "RematchDeclined":
            return replace(game, flag_at=None, answer_at=None)
        case _:
            return game


def _by_another(game: Deadline, data: Any) -> bool:
    """True if the computer plays, and the event is not by it."""
    return game.bot is not None and data["player"] != str(game.bot)


def _thinking(game: Deadline, remaining: tuple[int, ...], plies: int, since: datetime) -> Deadline:
    """`game` while its next player thinks, since `since`."""
    game = replace(game, remaining=remaining, plies=plies)
    if game.initial is None:
        return _answering(game, since)
    first = len(remaining) < FREE_MOVES
    left = FIRST_MOVE if first else timedelta(milliseconds=_left(game, remaining))
    return _answering(replace(game, flag_at=since + left), since)


def _answering(game: Deadline, since: datetime) -> Deadline:
    """`game` while no offer is open, since `since`: the computer answers if it is to move."""
    to_move = game.bot is not None and game.plies % 2 == game.bot_plies
    return replace(game, answer_at=since + PATIENCE if to_move else None)


def _left(game: Deadline, remaining: tuple[int, ...]) -> int:
    """The time that the player to move has left, in milliseconds: what that player's move before left."""
    assert game.initial is not None
    return remaining[-2] if len(remaining) > 1 else game.initial * 1000


def in_step(row: Row | None, event: RecordedEvent) -> bool:
    """True if the event is the next of its game, or the game has no row."""
    assert row is None or isinstance(row, Deadline)
    return row is None or event.version == row.version + 1


DEADLINES = Projection(
    name="deadlines",
    revision=2,
    row=Deadline,
    project=project,
    concerns=_concerns,
    in_step=in_step,
    begun_by=frozenset({"GameCreated", "PlayerJoined", "RematchAccepted"}),
)
