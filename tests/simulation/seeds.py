"""Many seeds, on all processors."""

import multiprocessing
from collections.abc import Iterator
from typing import NamedTuple

from tests.simulation.run import simulate

AT_A_TIME = 20
"""How many seeds a process is given at once."""


class Result(NamedTuple):
    """How a seed came out, without its trace."""

    seed: int
    violations: list[str]
    events: int

    def __str__(self) -> str:
        return f"python -m tests.simulation {self.seed}  # {self.violations[0]}"


def run_all(seeds: range) -> Iterator[Result]:
    """Run `seeds`, and give how each came out, in their order."""
    with multiprocessing.get_context("spawn").Pool() as processes:
        yield from processes.imap(_run, seeds, AT_A_TIME)


def _run(seed: int) -> Result:
    outcome = simulate(seed)
    return Result(seed, outcome.violations, outcome.events)
