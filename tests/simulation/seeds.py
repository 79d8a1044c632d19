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
    "no sweep": (65, 93, 111, 118),
    "no reading after a resubscription": (9, 14, 39, 55),
    "no gap check": (13, 31, 36, 38),
    "reading before subscribing": (1071, 1628, 2508),
    "a gap is filled, and the version is forgotten": (0, 1, 2, 3),
    "duplicates are given out": (2, 3, 6, 8),
    "frames are sent in another order": (0, 1, 2, 3),
    "one commit is sent in several frames": (0, 1, 2, 3),
    "a full outbox drops what is put in": (9, 100, 187, 281),
    "the expected head is not the one decided on": (6, 7, 28, 31),
    "no look for the command's id": (1, 4, 5, 8),
    "a command that is done already is refused": (1, 4, 5, 8),
    "only the first event of a decision is recorded": (0, 1, 2, 3),
    "a decision is recorded in several commits": (0, 1, 2, 3),
    "published before the commit": (0, 1, 3, 4),
    "accepted before the commit": (1, 2, 3, 4),
    "an append of unknown outcome is taken for lost": (5, 6, 9, 19),
    "an append of unknown outcome is taken for done": (2, 6, 9, 19),
    "a refusal rests on the cache": (3, 4, 9, 10),
    "a lost race is decided again on the cache": (111, 191, 219, 293),
    "a refusal is forgotten": (13, 17, 22, 45),
    "an append expects a version alone": (475,),
    "the sweep does not ask whether the head is still there": (40, 93, 118, 142),
    "a commit is taken behind another history": (33, 543, 606, 644),
    "the cache keeps a game that the log has lost": (48, 346, 724, 818),
    "a client resumes behind what the log does not have": (2, 38, 42, 48),
    "the sockets that were told of what is lost stay open": (2, 40, 42, 56),
    "a checkpoint is saved apart from its rows": (135, 209, 330, 346),
    "a projection goes past an open transaction": (4, 18, 28, 39),
    "a projection waits for a runner that is gone": (9, 33, 38, 52),
    "a projection trusts the rows of a log that went back": (56, 86, 93, 163),
    "a projection relies on bells": (0, 2, 7, 9),
    "a flag is recorded at any version": (1, 4, 7, 10),
    "a game is forgotten with the server that had it": (49, 112, 214, 223),
    "a deadline is never written": (1, 4, 7, 10),
    "a deadline is never taken away": (1, 4, 7, 10),
    "a downtime is not given back": (214, 232, 286, 313),
    "a process's command has another id each time": (1, 4, 7, 10),
    "each server gives the next game its own id": (4, 7, 31, 61),
    "a move arrives when it is carried out": (7, 16, 22, 31),
    "thinking time counts from an offer": (7, 16, 19, 31),
    "a takeback leaves the clock as it is": (31, 226),
    "an offer survives a move": (22, 31, 55, 61),
    "an answer is taken for one to another offer": (31, 79, 85, 157),
    "an opponent is away because a player says so": (7, 10, 16, 25),
}
"""The first seeds that find each bug, as printed by `python -m tests.simulation --pin 4000`. They change with
the server's code, because one more step in a run changes everything that comes after it."""
