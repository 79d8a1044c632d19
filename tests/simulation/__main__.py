"""`python -m tests.simulation SEED` replays a seed and prints its trace; `--seeds N` runs N of them."""

import argparse
import sys

from tests.simulation.run import simulate
from tests.simulation.seeds import run_all


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="replay this one and print its trace")
    parser.add_argument("--seeds", type=int, metavar="N", help="run the seeds from 0 to N - 1")
    options = parser.parse_args()
    if options.seed is not None:
        replay(options.seed)
    elif options.seeds:
        run_many(options.seeds)
    else:
        parser.error("name a seed, or how many")


def replay(seed: int) -> None:
    """Print what happened, by virtual time in seconds, and what was wrong with it."""
    outcome = simulate(seed)
    for at, *what in outcome.trace:
        print(f"{at:9.4f}", *what)
    sys.exit("\n".join(outcome.violations) or 0)


def run_many(seeds: int) -> None:
    """Print each seed that went wrong, and how to replay it."""
    wrong = events = 0
    for result in run_all(range(seeds)):
        events += result.events
        if result.violations:
            wrong += 1
            print(result, flush=True)
    print(f"{seeds} seeds, {events} events, {wrong} seeds went wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
