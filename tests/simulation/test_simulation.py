"""Runs in which everything fails, and planted bugs, which the same runs must find."""

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.faults import OF_HOMES
from tests.simulation.run import HOMES, Outcome, simulate
from tests.simulation.seeds import PINNED, run_all

SEEDS = sorted({*range(100), *(seed for seeds in PINNED.values() for seed in seeds)})
"""The seeds run here; `python -m tests.simulation --seeds 100000` is the long form."""


@pytest.fixture(scope="module")
def outcomes() -> dict[int, Outcome]:
    return {outcome.seed: outcome for outcome in run_all(SEEDS)}


def test_whatever_fails_every_client_ends_with_the_log(outcomes: dict[int, Outcome]) -> None:
    assert [str(outcome) for outcome in outcomes.values() if outcome.violations] == []


def test_faults_happen_and_games_are_played(outcomes: dict[int, Outcome]) -> None:
    assert sum(outcome.faults for outcome in outcomes.values()) > len(outcomes)
    assert sum(outcome.events for outcome in outcomes.values()) > 5 * len(outcomes)


def test_homes_are_killed_and_disputed() -> None:
    every, one = HOMES
    traces = [simulate(seed).trace for seed in range(one, 10 * every, every)]
    assert {entry[2] for trace in traces for entry in trace if entry[1] == "fault"} >= set(OF_HOMES)
    assert any(entry[2] == "passes on" for trace in traces for entry in trace)


@pytest.mark.parametrize("seed", range(10))
def test_a_seed_is_the_same_run_in_another_process(outcomes: dict[int, Outcome], seed: int) -> None:
    assert simulate(seed).fingerprint == outcomes[seed].fingerprint


@pytest.mark.usefixtures("_leftovers_collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    found = (simulate(seed, BUGS[bug]) for seed in PINNED[bug])
    assert any(outcome.violations and not outcome.crashed for outcome in found)
