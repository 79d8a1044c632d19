"""Replays a seed and prints its trace, or runs many seeds, or looks for seeds that find the planted bugs."""

import argparse
import sys
import time

from tests.simulation.bugs import BUGS
from tests.simulation.long_form import pin
from tests.simulation.run import simulate
from tests.simulation.seeds import run_all
from tests.simulation.server import PRODUCTION


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed and print its trace")
    parser.add_argument("--bug", choices=BUGS, metavar="NAME", help="replay it with this planted bug")
    parser.add_argument("--seeds", type=int, metavar="N", help="run the seeds from 0 to N - 1")
    parser.add_argument(
        "--pin", type=int, metavar="N", help="print, for seeds.py, the first of N seeds that find each bug"
    )
    options = parser.parse_args()
    if options.seed is not None:
        replay(options.seed, options.bug)
    elif options.seeds:
        run_many(options.seeds)
    elif options.pin:
        pin(BUGS, options.pin)
    else:
        parser.error("name a seed, --seeds N or --pin N")


def replay(seed: int, bug: str | None) -> None:
    """Print the trace, with the virtual time in seconds, and the promises that were broken."""
    outcome = simulate(seed, BUGS[bug] if bug else PRODUCTION)
    for at, *entry in outcome.trace:
        print(f"{at:9.4f}", *entry)
    sys.exit("\n".join(outcome.violations) or 0)


def run_many(seeds: int) -> None:
    """Print each seed that went wrong, with the command that replays it, and a summary."""
    on_terminal = sys.stderr.isatty()
    begun = told = time.monotonic()
    wrong = events = 0
    for done, outcome in enumerate(run_all(range(seeds)), 1):
        events += outcome.events
        if outcome.violations:
            wrong += 1
            print(outcome, flush=True)
        if time.monotonic() - told > (1 if on_terminal else 60):
            told = time.monotonic()
            progress = f"{done} of {seeds} seeds, {wrong} went wrong"
            print(progress, end="\r" if on_terminal else "\n", file=sys.stderr, flush=True)
    print(f"{seeds} seeds in {time.monotonic() - begun:.0f} s, {events} events, {wrong} seeds went wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
