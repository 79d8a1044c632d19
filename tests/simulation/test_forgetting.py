"""Runs in which players are forgotten while everything fails, and planted bugs, which the same runs must
find."""

import pytest

from tests.simulation.bugs.forgetting import BUGS
from tests.simulation.forgetting import PINNED, run
from tests.simulation.run import Outcome
from tests.simulation.seeds import run_all

SEEDS = range(30)
"""The seeds run here; `python -m tests.simulation.forgetting --seeds 10000` is the long form."""


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return list(run_all(SEEDS, run=run))


def test_whatever_fails_a_forgotten_name_is_gone_and_the_game_goes_on(outcomes: list[Outcome]) -> None:
    assert [str(outcome) for outcome in outcomes if outcome.violations] == []
    assert sum(outcome.events for outcome in outcomes) > 5 * len(outcomes)


@pytest.mark.usefixtures("_leftovers_collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    found = (run(seed, bug) for seed in PINNED[bug])
    assert any(outcome.violations and not outcome.crashed for outcome in found)
