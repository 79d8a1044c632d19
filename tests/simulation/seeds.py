"""Runs of many seeds on all processors, and the seeds that find each planted bug."""

import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from tests.simulation.bugs import BUGS
from tests.simulation.run import Outcome, simulate
from tests.simulation.server import PRODUCTION

AT_A_TIME = 20
"""Number of seeds that a process is given at once."""
PINS = 4
"""Number of seeds pinned to a bug."""


def run_all(seeds: Iterable[int], bug: str | None = None) -> Iterator[Outcome]:
    """Run `seeds`, with a planted bug where one is named, and give the outcomes in the same order."""
    with multiprocessing.get_context("spawn").Pool() as processes:
        yield from processes.imap(partial(_run, bug), seeds, AT_A_TIME)


def _run(bug: str | None, seed: int) -> Outcome:
    return replace(simulate(seed, BUGS[bug] if bug else PRODUCTION), trace=[])


def find(bug: str, seeds: range) -> list[Outcome]:
    """The first runs of `seeds` that find the bug, PINS at most.

    A run in which the server's code failed with an error does not count: the bug no longer fits that code.
    """
    found = (outcome for outcome in run_all(seeds, bug) if outcome.violations and not outcome.crashed)
    return list(islice(found, PINS))


PINNED = {
    "no sweep": (30, 93, 103, 115),
    "no reading after a resubscription": (14, 51, 57, 82),
    "no gap check": (3, 4, 5, 8),
    "reading before subscribing": (399, 1164, 1589, 1654),
    "a gap is filled, and the version is forgotten": (6, 7, 9, 12),
    "duplicates are given out": (5, 8, 13, 15),
    "frames are sent in another order": (0, 1, 2, 3),
    "one commit is sent in several frames": (0, 1, 2, 3),
    "a full outbox drops what is put in": (9, 65, 81, 88),
    "the expected head is not the one decided on": (7, 20, 22, 31),
    "no look for the command's id": (1, 2, 4, 5),
    "a command that is done already is refused": (1, 2, 4, 5),
    "only the first event of a decision is recorded": (0, 1, 2, 3),
    "a decision is recorded in several commits": (0, 1, 2, 3),
    "published before the commit": (0, 1, 2, 3),
    "accepted before the commit": (0, 1, 2, 3),
    "an append of unknown outcome is taken for lost": (0, 13, 15, 17),
    "an append of unknown outcome is taken for done": (0, 2, 13, 15),
    "a refusal rests on the cache": (1, 4, 6, 10),
    "a lost race is decided again on the cache": (257, 441, 472, 529),
    "a refusal is forgotten": (4, 15, 17, 45),
    "an append expects a version alone": (223, 3485),
    "the sweep does not ask whether the head is still there": (93, 115, 156, 163),
    "a commit is taken behind another history": (252, 275, 955, 1395),
    "the cache keeps a game that the log has lost": (168, 252, 569, 779),
    "a client resumes behind what the log does not have": (20, 38, 42, 74),
    "the sockets that were told of what is lost stay open": (15, 20, 74, 75),
    "a projection relies on bells": (7, 9, 11, 15),
    "a projection goes past an open transaction": (21, 22, 26, 31),
    "a projection waits for a runner that is gone": (6, 9, 12, 15),
    "a checkpoint is saved apart from its rows": (63, 275, 279, 321),
    "a projection trusts the rows of a log that went back": (9, 309, 322, 356),
}
"""The first seeds that find each bug, as printed by `python -m tests.simulation --pin 4000`. They change with
the server's code, because one more step in a run changes everything that comes after it."""
