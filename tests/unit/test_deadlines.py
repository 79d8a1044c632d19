"""The read model of deadlines."""

import asyncio
import contextlib
import itertools
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.processes import deadlines
from server.processes.deadlines import Deadlines
from server.projections.deadlines import DEADLINES, PATIENCE, REMATCH, Deadline, project
from server.store.event_store import Metadata, RecordedEvent, StreamId
from server.store.read_models import Due
from tests.simulation.loop import VirtualLoop
from tests.support.memory_players import no_names
from tests.support.memory_read_models import MemoryReadModels, Tables
from tests.support.memory_store import MemoryStore

GAME, NEXT = StreamId(UUID(int=1)), StreamId(UUID(int=2))
START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def event(
    version: int, second: float, type: str, data: dict[str, Any], game: StreamId = GAME
) -> RecordedEvent:
    nobody = UUID(int=0)
    return RecordedEvent(
        stream_id=game,
        version=version,
        type=type,
        schema_version=1,
        data=data,
        metadata=Metadata(
            command_id=nobody, correlation_id=nobody, causation_id=nobody, player=nobody, server="one"
        ),
        recorded_at=at(second),
        transaction_id=version,
        position=version,
    )


def folded(*events: tuple[float, str, dict[str, Any]]) -> Deadline | None:
    """The row after these events, each with its second, type and data."""
    row: Deadline | None = None
    for version, (second, type, data) in enumerate(events, 1):
        changed = project({GAME: row}, event(version, second, type, data))
        found = changed.get(GAME, row)
        assert found is None or isinstance(found, Deadline)
        row = found
    return row


CREATED = (0.0, "GameCreated", {"clock": {"initial": 180, "increment": 2}})
ACCEPTED: tuple[str, dict[str, Any]] = ("RematchAccepted", {"offer": 4, "game": str(NEXT)})
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


@pytest.mark.parametrize("clock", [None, {"initial": 180, "increment": 2}])
def test_an_accepted_rematch_is_due_until_the_next_game_is_opened(clock: dict[str, int] | None) -> None:
    row = folded((0, "GameCreated", {"clock": clock}), STARTED, (9, "GameFinished", {}), (20, *ACCEPTED))
    assert row
    assert row.due_at == at(20) + REMATCH
    opened = event(1, 21, "GameCreated", {"clock": clock, "rematch_of": str(GAME)}, NEXT)
    assert set(DEADLINES.concerns(opened)) == {GAME, NEXT}
    rows = project({GAME: row, NEXT: None}, opened)
    assert rows[GAME] == replace(row, answer_at=None, due_at=None)
    assert (NEXT in rows) is (clock is not None)


def test_a_game_whose_rematch_has_no_row_is_folded_by_itself() -> None:
    opened = event(1, 21, "GameCreated", {"clock": None, "rematch_of": str(GAME)}, NEXT)
    assert project({NEXT: None}, opened) == {}


def test_deadlines_are_looked_for_once_a_second() -> None:
    loop = VirtualLoop(Random(1), shuffle=False)
    looks = list[float]()

    class Models(MemoryReadModels):
        async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
            looks.append(loop.time())
            return []

    async def run() -> None:
        log = MemoryStore()
        handler = Handler(log, no_names(), GameCache(log), lambda commit: None, "one", Metrics())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60.5):
                await Deadlines(Models(Tables(log.log)), handler).run()

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    assert looks == [pytest.approx(looks[0] + number) for number in range(60)]


def test_a_deadline_that_stays_is_looked_at_more_and_more_seldom_and_holds_up_no_other() -> None:
    loop = VirtualLoop(Random(1), shuffle=False)
    stay = [Due(UUID(int=number), at(0)) for number in range(3 * deadlines.MOST)]
    looks = dict[Due, list[float]]()

    class Models(MemoryReadModels):
        async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
            found = [due for due in stay if due not in passed_over][:most]
            for due in found:
                looks.setdefault(due, []).append(loop.time())
            return found

    async def run() -> None:
        log = MemoryStore()
        handler = Handler(log, no_names(), GameCache(log), lambda commit: None, "one", Metrics())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(300.5):
                await Deadlines(Models(Tables(log.log)), handler).run()

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    assert looks.keys() == set(stay)
    last = looks[stay[-1]]
    assert last[0] <= looks[stay[0]][0] + 2.5
    pauses = [after - before for before, after in itertools.pairwise(last)]
    assert pauses == [pytest.approx(pause, abs=1.5) for pause in (4, 8, 16, 32, 64, 128)]


BOT, ADA = str(UUID(int=9)), str(UUID(int=8))
COMPUTER = (0.0, "PlayerJoined", {"seat": "red", "player": BOT, "bot": {"level": "easy", "engine": 1}})
UNTIMED = (0.0, "GameCreated", {"clock": None})


def by(player: str, second: float, type: str = "MoveMade", **data: Any) -> tuple[float, str, dict[str, Any]]:
    return second, type, {"player": player, **data}


def answer_due(*events: tuple[float, str, dict[str, Any]]) -> datetime | None:
    row = folded(UNTIMED, COMPUTER, STARTED, *events)
    assert row
    return row.due_at


def late(second: float) -> datetime:
    return at(second) + PATIENCE


def test_the_computer_is_due_where_it_is_to_move() -> None:
    assert answer_due() is None
    assert answer_due(by(ADA, 5)) == late(5)
    assert answer_due(by(ADA, 5), by(BOT, 6)) is None
    assert answer_due(by(ADA, 5), (6, "GameFinished", {})) is None


def test_the_computer_opens_where_it_is_yellow_and_where_a_fork_says_so() -> None:
    yellow = (0.0, "PlayerJoined", {**COMPUTER[2], "seat": "yellow"})
    for created, computer, due in (
        (UNTIMED, yellow, late(1)),
        ((0.0, "GameCreated", {"clock": None, "opening": "4"}), COMPUTER, late(1)),
        ((0.0, "GameCreated", {"clock": None, "opening": "4"}), yellow, None),
        ((0.0, "GameCreated", {"clock": None, "opening": "44"}), yellow, late(1)),
    ):
        row = folded(created, computer, STARTED)
        assert row
        assert row.due_at == due


def test_the_computer_is_due_where_it_is_asked_something() -> None:
    played = (by(ADA, 5), by(BOT, 6))
    for offer in ("DrawOffered", "TakebackOffered"):
        assert answer_due(*played, by(ADA, 7, offer)) == late(7)
    assert answer_due(*played, by(ADA, 7, "DrawOffered"), by(BOT, 8, "DrawDeclined")) is None
    asked = by(ADA, 6, "DrawOffered")
    assert answer_due(by(ADA, 5), asked, by(BOT, 7, "DrawDeclined")) == late(7), "it is still to move"
    back = by(BOT, 8, "MovesTakenBack", number=2)
    assert answer_due(*played, by(ADA, 7, "TakebackOffered"), back) is None
    assert answer_due(*played, by(ADA, 7, "TakebackOffered"), back, by(ADA, 9)) == late(9)
    over = by(ADA, 7, "GameFinished")
    assert answer_due(*played, over, by(ADA, 8, "RematchOffered")) == late(8)
    accepted = by(BOT, 9, "RematchAccepted")
    assert answer_due(*played, over, by(ADA, 8, "RematchOffered"), accepted) == at(9) + REMATCH


def test_what_comes_first_is_due_first_where_the_computer_has_a_clock() -> None:
    row = folded(CREATED, COMPUTER, STARTED, by(ADA, 5, remaining_ms=180_000))
    assert row
    assert (row.due_at, row.flag_at) == (late(5), at(35))
    row = folded(CREATED, COMPUTER, STARTED, by(ADA, 5, remaining_ms=180_000), by(BOT, 6, remaining_ms=1))
    assert row
    assert row.due_at == at(6 + 180)


def test_a_fork_between_people_without_a_clock_has_no_deadline_once_it_has_started() -> None:
    assert folded((0, "GameCreated", {"clock": None, "opening": "44"}), STARTED, by(ADA, 2)) is None
