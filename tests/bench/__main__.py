"""`python -m tests.bench`: ours beside yardsticks, in turn, in one run; a table, and all figures as JSON."""

import argparse
import asyncio
import contextlib
import json
import resource
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvloop

from server import embedded
from tests.bench.figures import Outcome
from tests.bench.moves import moves_vs_memory_relay
from tests.bench.report import as_json, table
from tests.bench.stage import Sizes, Stage
from tests.support.cluster import Cluster

LONG = Sizes(rounds=5, seconds=3, warmup=0.5, spectators=5_000, small_log=10_000, big_log=5_000_000)
SHORT = Sizes(rounds=1, seconds=1, warmup=0.3, spectators=2_000, small_log=10_000, big_log=200_000)

Benchmark = Callable[[Stage], Awaitable[Outcome]]

BENCHMARKS: dict[str, Benchmark] = {
    key: partial(moves_vs_memory_relay, key=key, games=games)
    for key, games in [("moves_vs_memory_relay", 50), ("moves_vs_memory_relay_200", 200)]
}


def main() -> None:
    options = _options()
    _allow_sockets()
    sizes = SHORT if options.short else LONG
    sizes = replace(sizes, rounds=options.rounds or sizes.rounds, seconds=options.seconds or sizes.seconds)
    with _folder() as folder, embedded.running(folder, None, None) as urls:
        stage = Stage(Cluster(*urls), sizes, folder)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcomes = runner.run(_run(stage, options.only or list(BENCHMARKS)))
    print(table(outcomes))
    options.json.write_text(json.dumps(as_json(outcomes), indent=2, ensure_ascii=False) + "\n")
    if options.short and any(outcome.too_bad for outcome in outcomes):
        sys.exit(1)


async def _run(stage: Stage, keys: list[str]) -> list[Outcome]:
    await stage.cluster.make_template()
    outcomes = []
    for key in keys:
        print(f"{key} …", file=sys.stderr, flush=True)
        outcomes.append(await BENCHMARKS[key](stage))
    return outcomes


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A new one on the disk that servers started here keep their data on, and not in memory."""
    data = Path(".data").absolute()
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
        yield Path(folder)


def _allow_sockets() -> None:
    """Let this process and those that it starts have as many sockets as they may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often ours and the yardstick take turns: 5")
    parser.add_argument("--seconds", type=float, help="how long each turn takes where that is free: 3")
    parser.add_argument("--only", nargs="+", choices=list(BENCHMARKS), metavar="KEY", help="not all of them")
    parser.add_argument("--short", action="store_true", help="for CI: seconds; fails at half a goal")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
