"""The commands of simulations of one kind: many seeds, and the table of seeds that find each planted bug."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.simulation import seeds
from tests.simulation.seeds import Run, find, run_all
from tests.support.progress import Progress


def main(kind: str, bugs: Iterable[str], run: Run, description: str | None) -> None:
    """Serve `python -m tests.simulation.KIND`: `run` runs a seed, with one of `bugs` where one is named."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.simulation.{kind}", description=description)
    parser.add_argument("--seeds", type=int, default=1000, help="1000")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--pin", type=int, metavar="SEEDS", help="print the seeds that find each bug")
    options = parser.parse_args()
    if options.pin:
        pin(bugs, options.pin, run)
    else:
        _run_many(kind, options.seeds, options.json, run)


def pin(bugs: Iterable[str], number: int, run: Run = seeds.run) -> None:
    """Print the table PINNED, of the first `number` seeds. Exits with what was not found."""
    missed = []
    for bug in bugs:
        found = tuple(outcome.seed for outcome in find(bug, range(number), run))
        print(f'    "{bug}": {found},', flush=True)
        if not found:
            missed.append(bug)
    sys.exit("\n".join(f"not found: {bug}" for bug in missed) or 0)


def _run_many(kind: str, number: int, file: Path | None, run: Run) -> None:
    progress, wrong, events = Progress(), 0, 0
    for outcome in run_all(range(number), run=run):
        events += outcome.events
        if outcome.violations:
            wrong += 1
            progress.say(f"seed {outcome.seed}: {outcome.violations[0]}")
        progress.show(f"simulation, {kind}: {outcome.seed + 1:,} of {number:,}, {wrong} wrong")
    progress.end()
    if file:
        file.write_text(json.dumps({"seeds": number, "events": events, "wrong": wrong}) + "\n")
    sys.exit(bool(wrong))
