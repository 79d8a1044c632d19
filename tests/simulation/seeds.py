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
    "no sweep": (15, 17, 29, 30),
    "no reading after a resubscription": (39, 51, 89, 91),
    "no gap check": (3, 9, 10, 13),
    "reading before subscribing": (190, 505, 946, 1564),
    "a gap is filled, and the version is forgotten": (0, 1, 4, 5),
    "duplicates are given out": (1, 4, 9, 11),
    "frames are sent in another order": (0, 1, 2, 3),
    "one commit is sent in several frames": (0, 1, 2, 3),
    "a full outbox drops what is put in": (16, 25, 81, 91),
    "the expected head is not the one decided on": (1, 14, 22, 24),
    "no look for the command's id": (1, 2, 4, 5),
    "a command that is done already is refused": (1, 2, 4, 5),
    "only the first event of a decision is recorded": (0, 1, 2, 3),
    "a decision is recorded in several commits": (0, 1, 2, 3),
    "published before the commit": (1, 2, 3, 4),
    "accepted before the commit": (0, 1, 3, 4),
    "accepted before the commit, without a task": (1, 2, 3, 4),
    "an append that failed, without a task, is taken for done": (17, 19, 23, 28),
    "an append of unknown outcome is taken for lost": (2, 5, 12, 13),
    "an append of unknown outcome is taken for done": (2, 5, 9, 13),
    "a refusal rests on the cache": (1, 14, 17, 28),
    "a lost race is decided again on the cache": (70, 176, 255, 344),
    "a refusal is forgotten": (4, 13, 19, 28),
    "an append expects a version alone": (6198, 6217, 7264),
    "the sweep does not ask whether the head is still there": (38, 50, 54, 142),
    "a commit is taken behind another history": (236, 252, 317, 564),
    "the cache keeps a game that the log has lost": (179, 252, 270, 288),
    "a client resumes behind what the log does not have": (9, 10, 12, 19),
    "the sockets that were told of what is lost stay open": (15, 33, 42, 46),
    "a checkpoint is saved apart from its rows": (119, 134, 193, 208),
    "a projection goes past an open transaction": (4, 16, 26, 34),
    "a projection waits for a runner that is gone": (6, 15, 19, 23),
    "a projection trusts the rows of a log that went back": (10, 33, 38, 54),
    "a projection relies on bells": (0, 7, 9, 10),
    "a flag is recorded at any version": (1, 10, 25, 52),
    "a game is forgotten with the server that had it": (49, 67, 79, 112),
    "a deadline is never written": (1, 4, 7, 10),
    "a deadline is never taken away": (1, 4, 7, 10),
    "a downtime is not given back": (109, 214, 286, 358),
    "a process's command has another id each time": (1, 4, 7, 10),
    "each server gives the next game its own id": (7, 13, 16, 31),
    "a move arrives when it is carried out": (7, 16, 22, 25),
    "thinking time counts from an offer": (16, 25, 31, 124),
    "a takeback leaves the clock as it is": (19, 31, 118, 127),
    "an offer survives a move": (16, 31, 136, 148),
    "an answer is taken for one to another offer": (70, 79, 100, 121),
    "an opponent is away because a player says so": (7, 16, 22, 25),
}
"""The first seeds that find each bug, as printed by `python -m tests.simulation --pin 8000`. They change with
the server's code, because one more step in a run changes everything that comes after it."""
