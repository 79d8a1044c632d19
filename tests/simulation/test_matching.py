"""Playing now while everything fails, and planted bugs, which the same runs must find."""

import pytest

from tests.simulation.matching import BUGS, simulate

SEEDS = range(30)
"""The seeds run here; `python -m tests.simulation.matching 10000` is the long form."""
FINDING = (*range(60), 120)
"""The seeds of which one at least has to find each bug."""


def test_whatever_fails_everybody_who_plays_now_has_one_seat_and_nobody_waits_for_another() -> None:
    assert {seed: violations for seed in SEEDS if (violations := simulate(seed))} == {}


@pytest.mark.usefixtures("_leftovers_collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    assert any(simulate(seed, BUGS[bug]) for seed in FINDING)
