"""Clients are checked against the log: planted violations are found, and a clean record passes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.checker import Kind
from tests.faults.history import GAME, commits, log, told
from tests.load.check import check
from tests.load.messages import encode
from tests.load.table import Record


def record() -> Record:
    """A game that yellow wins, as its clients should have seen it."""
    record, rows = Record(GAME), log()
    for first, last in commits(rows):
        frame = encode({"type": "events", "events": [told(row) for row in rows[first:last]]})
        record.frames[frame] = (first + 1, last)
        if rows[first].type == "MoveMade":
            record.sent.add(rows[first].command_id)
            record.answers[rows[first].command_id] = last
    record.ends = [("yellow", len(rows)), ("a spectator", len(rows))]
    return record


def kinds(record: Record, events: list[dict[str, Any]]) -> set[Kind]:
    return {violation.kind for violation in check(record, events)}


def test_a_game_as_it_should_be_passes() -> None:
    assert kinds(record(), [told(row) for row in log()]) == set()


def accepted_and_lost(record: Record) -> None:
    record.answers["nowhere"] = 9


def accepted_at_another_version(record: Record) -> None:
    record.answers["move 2"] = 6


def refused_and_recorded(record: Record) -> None:
    del record.answers["move 2"]
    record.refused["move 2"] = "not_your_turn"


def by_nobody(record: Record) -> None:
    record.sent.discard("move 2")


def behind(record: Record) -> None:
    record.ends.append(("a spectator", 11))


def of_another_game(record: Record) -> None:
    event = told(log()[6]) | {"data": {"player": "ada", "column": 6}}
    record.frames[encode({"type": "events", "events": [event]})] = (7, 7)


def torn(record: Record) -> None:
    record.frames[encode({"type": "events", "events": [told(log()[10])]})] = (11, 11)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (accepted_and_lost, Kind.LOST),
        (accepted_at_another_version, Kind.WRONG_ANSWER),
        (refused_and_recorded, Kind.PHANTOM),
        (by_nobody, Kind.DUPLICATED),
        (behind, Kind.NOT_WHOLE),
        (of_another_game, Kind.DIVERGED),
        (torn, Kind.TORN),
    ],
)
def test_what_is_wrong_is_found(spoil: Callable[[Record], None], kind: Kind) -> None:
    spoiled = record()
    spoil(spoiled)
    assert kind in kinds(spoiled, [told(row) for row in log()])


def test_a_log_against_the_rules_is_found() -> None:
    events = [told(row) for row in log()]
    events[5]["data"]["column"] = 7
    assert Kind.ILLEGAL in kinds(record(), events)
