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
    "no sweep": (10, 17, 26, 30),
    "no reading after a resubscription": (1, 4, 18, 21),
    "no gap check": (3, 5, 8, 10),
    "reading before subscribing": (8, 154, 410, 1810),
    "a gap is filled, and the version is forgotten": (1, 2, 3, 4),
    "duplicates are given out": (1, 2, 3, 4),
    "frames are sent in another order": (0, 1, 2, 3),
    "one commit is sent in several frames": (0, 1, 2, 3),
    "a full outbox drops what is put in": (9, 65, 99, 187),
    "the expected head is not the one decided on": (17, 22, 26, 31),
    "no look for the command's id": (1, 4, 5, 8),
    "a command that is done already is refused": (1, 4, 5, 8),
    "only the first event of a decision is recorded": (0, 1, 2, 3),
    "a decision is recorded in several commits": (0, 1, 2, 3),
    "published before the commit": (0, 1, 2, 3),
    "accepted before the commit": (0, 1, 2, 3),
    "an append of unknown outcome is taken for lost": (0, 5, 9, 10),
    "an append of unknown outcome is taken for done": (0, 9, 10, 11),
    "a refusal rests on the cache": (1, 4, 8, 9),
    "a lost race is decided again on the cache": (17, 96, 200, 297),
    "a refusal is forgotten": (13, 17, 22, 28),
    "an append expects a version alone": (1966,),
    "the sweep does not ask whether the head is still there": (9, 179, 185, 256),
    "a commit is taken behind another history": (416,),
    "the cache keeps a game that the log has lost": (77, 268, 288, 341),
    "a client resumes behind what the log does not have": (38, 42, 48, 54),
    "the sockets that were told of what is lost stay open": (42, 48, 74, 75),
    "a checkpoint is saved apart from its rows": (12, 17, 119, 131),
    "a projection goes past an open transaction": (10, 13, 18, 28),
    "a projection waits for a runner that is gone": (15, 24, 33, 38),
    "a projection trusts the rows of a log that went back": (42, 56, 69, 99),
    "a projection relies on bells": (0, 6, 7, 11),
    "a flag is recorded at any version": (1, 4, 7, 10),
    "a flag is called once and not again": (1135,),
    "a game is forgotten with the server that had it": (49, 112, 214, 223),
    "a deadline is never written": (1, 4, 7, 10),
    "a deadline is never taken away": (1, 4, 7, 10),
    "a downtime is not given back": (214, 232, 286, 313),
    "a process's command has another id each time": (1, 4, 7, 10),
    "each server gives the next game its own id": (4, 7, 31, 61),
    "a move arrives when it is carried out": (7, 16, 22, 31),
    "thinking time counts from an offer": (7, 16, 19, 31),
    "a takeback leaves the clock as it is": (7, 16, 37, 127),
    "an offer survives a move": (7, 16, 19, 28),
    "an answer is taken for one to another offer": (31, 79, 85, 157),
    "an opponent is away because a player says so": (7, 10, 16, 25),
}
"""The first seeds that find each bug, as printed by `python -m tests.simulation --pin 4000`. They change with
the server's code, because one more step in a run changes everything that comes after it."""
