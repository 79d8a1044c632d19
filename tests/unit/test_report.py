"""The projections in words, for a terminal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from server.projections import report
from server.projections.command import Progress
from server.store.read_models import State, Status


def status(**changed: Any) -> Status:
    given: dict[str, Any] = {
        "name": "games",
        "version": 2,
        "revision": 1,
        "state": State.SERVING,
        "transaction_id": 900,
        "position": 1234,
        "events": 5_000_000,
        "runner": "web-1",
        "lag_events": 0,
        "lag_seconds": 0.0,
        "held_back": 0,
        "error": None,
        "stopped_at": None,
        "resting": False,
    }
    return Status(**(given | changed))


def told(**changed: Any) -> Progress:
    given: dict[str, Any] = {
        "name": "games",
        "version": 3,
        "events": 0,
        "left": 0,
        "seconds": 1.0,
        "rate": 0.0,
    }
    return Progress(**(given | {"seconds_left": None, "done": False} | changed))


def test_each_version_is_a_line_below_the_headings() -> None:
    lines = report.table([status(), status(version=3, state=State.BUILDING, lag_events=70, lag_seconds=2.04)])
    heading, serving, building = lines.splitlines()
    assert heading.split()[:3] == ["NAME", "VERSION", "STATE"]
    assert serving.split() == ["games", "2", "serving", "5,000,000", "900/1234", "0", "0", "web-1"]
    assert "70 (2.0 s)" in building
    assert heading.index("BEHIND") == building.index("70")


def test_an_error_has_a_line_of_its_own() -> None:
    stopped = status(error="game 1 version 4: no such seat", stopped_at=datetime(2026, 1, 1, tzinfo=UTC))
    lines = report.table([stopped]).splitlines()
    assert " stopped " in lines[1]
    assert lines[2] == "games_v2: game 1 version 4: no such seat"


@pytest.mark.parametrize(
    ("changed", "well"),
    [
        ({}, True),
        ({"runner": None}, False),
        ({"error": "x"}, False),
        ({"state": State.BUILDING, "runner": None}, True),
    ],
)
def test_a_projection_is_well_while_it_goes_on(changed: dict[str, Any], well: bool) -> None:
    assert report.is_well(status(**changed)) is well


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (told(), "games version 3: 0 of 0 events (0%), 0 a second, starting"),
        (
            told(events=250, left=750, rate=50.0, seconds_left=15.0),
            "games version 3: 250 of 1,000 events (25%), 50 a second, about 15 s left",
        ),
        (
            told(events=1, left=9_999, rate=1.0, seconds_left=9_999.0),
            "games version 3: 1 of 10,000 events (0%), 1 a second, about 2 h 46 min left",
        ),
        (
            told(events=1_000, rate=20.0, done=True),
            "games is served from version 3: 1,000 events, 20 a second.",
        ),
    ],
)
def test_progress_is_a_line(progress: Progress, line: str) -> None:
    assert report.progress(progress) == line
