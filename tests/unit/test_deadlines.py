"""The read model of deadlines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.projections.deadlines import Deadline, project
from server.store.event_store import Metadata, RecordedEvent, StreamId

GAME = StreamId(UUID(int=1))
START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def folded(*events: tuple[float, str, dict[str, Any]]) -> Deadline | None:
    """The row after these events, each with its second, type and data."""
    row: Deadline | None = None
    nobody = UUID(int=0)
    metadata = Metadata(
        command_id=nobody, correlation_id=nobody, causation_id=nobody, player=nobody, server="one"
    )
    for version, (second, type, data) in enumerate(events, 1):
        event = RecordedEvent(
            stream_id=GAME,
            version=version,
            type=type,
            schema_version=1,
            data=data,
            metadata=metadata,
            recorded_at=at(second),
            transaction_id=version,
            position=version,
        )
        changed = project({GAME: row}, event)
        found = changed.get(GAME, row)
        assert found is None or isinstance(found, Deadline)
        row = found
    return row


CREATED = (0.0, "GameCreated", {"clock": {"initial": 180, "increment": 2}})
STARTED: tuple[float, str, dict[str, Any]] = (1.0, "GameStarted", {})


def move(second: float, remaining_ms: int) -> tuple[float, str, dict[str, Any]]:
    return second, "MoveMade", {"remaining_ms": remaining_ms}


def due(*events: tuple[float, str, dict[str, Any]]) -> datetime | None:
    row = folded(CREATED, *events)
    assert row
    return row.due_at


def test_a_game_without_a_clock_has_no_deadline() -> None:
    assert folded((0, "GameCreated", {"clock": None}), STARTED, (2, "MoveMade", {})) is None


def test_a_game_that_waits_has_no_deadline() -> None:
    assert due() is None


def test_each_first_move_has_thirty_seconds() -> None:
    assert due(STARTED) == at(31)
    assert due(STARTED, move(5, 180_000)) == at(35)


def test_whoever_is_to_move_has_what_the_own_last_move_left() -> None:
    first = (STARTED, move(5, 180_000), move(6, 180_000))
    assert due(*first) == at(6 + 180)
    assert due(*first, move(16, 172_000)) == at(16 + 180)
    assert due(*first, move(16, 172_000), move(20, 178_000)) == at(20 + 172)


def test_moves_taken_back_restore_the_clock_as_it_was() -> None:
    moves = (STARTED, move(5, 180_000), move(6, 180_000), move(16, 172_000), move(20, 178_000))
    assert due(*moves, (25, "MovesTakenBack", {"number": 1})) == at(25 + 180)
    assert due(*moves, (25, "MovesTakenBack", {"number": 2})) == at(25 + 180)
    assert due(*moves, (25, "MovesTakenBack", {"number": 2}), move(30, 177_000)) == at(30 + 180)


def test_an_offer_moves_no_deadline_and_the_end_takes_it_away() -> None:
    assert due(STARTED, (9, "DrawOffered", {})) == at(31)
    for end in ("GameFinished", "GameAborted"):
        assert due(STARTED, (9, end, {})) is None
