"""`python -m tests.faults`: faults for as long as you like. Exits with 1 where a promise was not kept."""

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.faults.figures import Figures
from tests.faults.kinds import KINDS, kinds_with
from tests.faults.run import Plan, run
from tests.support.progress import Progress


def main() -> None:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="connect4-faults-"))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    plan = Plan(
        games=options.games,
        spectators=options.spectators,
        seconds=60 * options.minutes,
        seed=seed,
        kinds=options.kinds or kinds_with(redis_cluster=options.redis_cluster),
        redis_cluster=options.redis_cluster,
        moves=options.moves,
        faults=options.faults,
        think=options.think,
        hold=(options.hold / 6, options.hold),
        pause=(0, options.hold / 3),
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(_run(plan, folder))
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(f"Ended early. Journals and logs are in {folder}.")
    print(figures)
    if options.json:
        options.json.write_text(json.dumps(figures.as_json(), indent=2) + "\n")
    if figures.violations:
        print(*figures.violations[:50], f"Journals and logs are in {folder}.", sep="\n")
        sys.exit(1)
    if options.keep:
        print(f"Journals and logs are in {folder}.")
    else:
        shutil.rmtree(folder)
    if figures.accepted < (plan.moves or 0) or figures.faults < (plan.faults or 0):
        sys.exit("Nothing was lost, but there were fewer commands or faults than asked for.")


async def _run(plan: Plan, folder: Path) -> Figures:
    """Run `plan`. At SIGTERM, too, everything that was started is ended and everything that was stopped
    goes on."""
    this = asyncio.current_task()
    assert this
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    return await run(plan, folder, Progress())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--games", type=int, default=20, help="games at a time")
    parser.add_argument("--spectators", type=int, default=3, help="spectators of each game")
    parser.add_argument("--minutes", type=float, default=5, help="duration of the faults at most, in minutes")
    parser.add_argument("--seed", type=int, help="seed of the schedule and of every bot")
    parser.add_argument(
        "--kinds", nargs="+", action="extend", choices=list(KINDS), metavar="KIND", help=" ".join(KINDS)
    )
    parser.add_argument(
        "--redis-cluster", action="store_true", help="servers have a Redis Cluster in the place of one Redis"
    )
    parser.add_argument("--moves", type=int, help="with --faults: end after so many accepted commands")
    parser.add_argument("--faults", type=int, help="with --moves: end after so many faults")
    parser.add_argument("--think", type=float, default=0.1, help="thinking time of a bot on average, in s")
    parser.add_argument("--hold", type=float, default=3.0, help="duration of a fault at most, in s")
    parser.add_argument("--keep", action="store_true", help="keep journals and logs of a run that went well")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
