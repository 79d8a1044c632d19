"""Runs in which everything goes wrong, and bugs planted on purpose: the same runs must find each of them."""

import gc

import pytest

from tests.simulation.mutations import MUTATIONS, Mutation
from tests.simulation.run import simulate
from tests.simulation.seeds import run_all

SEEDS = 2000
"""How many runs there are in the suite; `python -m tests.simulation --seeds 100000` is the long form."""
PLANTED = 800
"""In how many of them a bug is found at the latest."""


def test_whatever_goes_wrong_everybody_ends_with_the_log() -> None:
    assert [str(result) for result in run_all(range(SEEDS)) if result.violations] == []


@pytest.mark.parametrize("seed", range(20))
def test_the_same_seed_is_the_same_run(seed: int) -> None:
    assert simulate(seed).fingerprint == simulate(seed).fingerprint


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what a bug leaves behind
@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_planted_bug_is_found(mutation: Mutation) -> None:
    with mutation.planted():
        assert any(simulate(seed).violations for seed in range(PLANTED))
    gc.collect()


def test_the_runs_are_not_all_quiet() -> None:
    outcomes = [simulate(seed) for seed in range(50)]
    assert sum(outcome.faults for outcome in outcomes) > 50
    assert sum(outcome.events for outcome in outcomes) > 250
