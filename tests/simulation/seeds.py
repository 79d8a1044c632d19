"""Runs of many seeds on all processors, and the seeds that find each planted bug."""

import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Protocol

from tests.simulation.bugs import BUGS
from tests.simulation.run import Outcome, simulate
from tests.simulation.server import PRODUCTION

AT_A_TIME = 20
"""Number of seeds that a process is given at once."""
PINS = 4
"""Number of seeds pinned to a bug."""


class Run(Protocol):
    """A function of a module that runs a seed, with a planted bug where one is named."""

    def __call__(self, seed: int, bug: str | None = None) -> Outcome: ...


def run(seed: int, bug: str | None = None) -> Outcome:
    """Run a seed, with a planted bug where one is named; the outcome has no trace."""
    return replace(simulate(seed, BUGS[bug] if bug else PRODUCTION), trace=[])


def run_all(seeds: Iterable[int], bug: str | None = None, run: Run = run) -> Iterator[Outcome]:
    """Run `seeds`, with a planted bug where one is named, and give the outcomes in the same order."""
    with multiprocessing.get_context("spawn").Pool() as processes:
        yield from processes.imap(partial(run, bug=bug), seeds, AT_A_TIME)


def find(bug: str, seeds: range, run: Run = run) -> list[Outcome]:
    """The first runs of `seeds` that find the bug, PINS at most.

    A run in which the server's code failed with an error does not count: the bug no longer fits that code.
    """
    found = (outcome for outcome in run_all(seeds, bug, run) if outcome.violations and not outcome.crashed)
    return list(islice(found, PINS))


PINNED = {
    "no sweep": (17, 53, 80, 81),
    "no reading after a resubscription": (39, 51, 55, 57),
    "no gap check": (7, 9, 15, 17),
    "reading before subscribing": (420, 1277, 2990),
    "a gap is filled, and the version is forgotten": (0, 1, 3, 4),
    "duplicates are given out": (1, 8, 12, 14),
    "frames are sent in another order": (0, 1, 2, 3),
    "one commit is sent in several frames": (0, 1, 2, 3),
    "a full outbox drops what is put in": (12, 16, 65, 88),
    "the expected head is not the one decided on": (1, 7, 13, 17),
    "no look for the command's id": (1, 4, 8, 9),
    "a command that is done already is refused": (1, 4, 8, 9),
    "only the first event of a decision is recorded": (0, 1, 2, 3),
    "a decision is recorded in several commits": (0, 1, 2, 3),
    "published before the commit": (2, 3, 5, 8),
    "accepted before the commit": (0, 1, 2, 3),
    "accepted before the commit, without a task": (0, 1, 2, 3),
    "an append that failed, without a task, is taken for done": (6, 12, 17, 19),
    "an append of unknown outcome is taken for lost": (0, 2, 5, 6),
    "an append of unknown outcome is taken for done": (0, 2, 5, 6),
    "a refusal rests on the cache": (0, 3, 4, 9),
    "a lost race is decided again on the cache": (52, 216, 271, 303),
    "a refusal is forgotten": (4, 13, 17, 32),
    "an append expects a version alone": (145,),
    "the sweep does not ask whether the head is still there": (40, 77, 93, 236),
    "a commit is taken behind another history": (268, 1579, 1764, 1871),
    "the cache keeps a game that the log has lost": (105, 416, 467, 517),
    "a client resumes behind what the log does not have": (2, 12, 25, 38),
    "the sockets that were told of what is lost stay open": (12, 15, 42, 48),
    "a checkpoint is saved apart from its rows": (19, 37, 53, 58),
    "a projection goes past an open transaction": (4, 7, 10, 11),
    "a projection waits for a runner that is gone": (0, 6, 9, 12),
    "a projection trusts the rows of a log that went back": (74, 93, 143, 163),
    "a projection relies on bells": (0, 6, 7, 10),
    "a flag is recorded at any version": (4, 16, 52, 55),
    "a game is forgotten with the server that had it": (112, 211, 223, 286),
    "a deadline is never written": (1, 4, 7, 10),
    "a deadline is never taken away": (1, 4, 7, 10),
    "a downtime is not given back": (214, 286, 292, 313),
    "a process's command has another id each time": (1, 4, 10, 16),
    "each server gives the next game its own id": (67, 100, 133, 154),
    "a move arrives when it is carried out": (25, 61, 79, 85),
    "thinking time counts from an offer": (7, 85, 94, 127),
    "a takeback leaves the clock as it is": (79, 487, 550, 553),
    "an offer survives a move": (121, 136, 187, 262),
    "an answer is taken for one to another offer": (70, 100, 142, 157),
    "an opponent is away because a player says so": (10, 16, 19, 31),
}
"""The first seeds that find each bug, as printed by `python -m tests.simulation --pin 8000`. They change with
the server's code, because one more step in a run changes everything that comes after it."""
