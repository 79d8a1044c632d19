"""`python -m tests.bench`: ours beside yardsticks, in turn, in one run; a table, and all figures as JSON.

Exits with 1 where something could not be measured, where a goal was missed by half, which is no noise, and
where a move costs more statements or frames than it may.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop

from server.host import embedded
from tests.bench.append import append_vs_pgbench
from tests.bench.calls import calls, calls_of_many, total
from tests.bench.clocks import running_clocks
from tests.bench.cold_start import cold_start
from tests.bench.computers import computers
from tests.bench.counts import Counts, count, too_many
from tests.bench.figures import Goal, Outcome
from tests.bench.latency import fanout, lone_move_latency
from tests.bench.life import cpu_per_game_without_moves, games_vs_memory_relay, handshake
from tests.bench.machine import machine
from tests.bench.memory import memory_per_spectator
from tests.bench.moves import cpu_per_move, growth, moves_vs_memory_relay, workers
from tests.bench.noise import Others
from tests.bench.processes import cpu_of_processes
from tests.bench.projections import projection_cost, projection_latency, rebuild
from tests.bench.redis_cluster import redis_cluster
from tests.bench.replay import replay
from tests.bench.report import as_json, replaced, table
from tests.bench.stage import ROOT, Sizes, Stage
from tests.support.cluster import Cluster
from tests.support.progress import Progress, clock

LONG = Sizes(
    rounds=5,
    seconds=3,
    warmup=0.5,
    ready_for=20_000,
    spectators=5_000,
    small_log=10_000,
    big_log=5_000_000,
    rebuilt_log=500_000,
    counted_at=(1, 50),
)
SHORT = Sizes(
    rounds=1,
    seconds=0.6,
    warmup=0.2,
    ready_for=9_000,
    spectators=300,
    small_log=10_000,
    big_log=100_000,
    rebuilt_log=5_000,
    counted_at=(1,),
)
START = perf_counter()
DOCUMENT = ROOT / "docs/performance.md"

Benchmark = Callable[[Stage], Awaitable[Outcome]]

BENCHMARKS: dict[str, Benchmark] = {
    "moves_vs_memory_relay": partial(moves_vs_memory_relay, key="moves_vs_memory_relay", games=50),
    "moves_vs_memory_relay_200": partial(moves_vs_memory_relay, key="moves_vs_memory_relay_200", games=200),
    "games_vs_memory_relay": games_vs_memory_relay,
    "cpu_per_game_without_moves": cpu_per_game_without_moves,
    "handshake": handshake,
    "cpu_per_move": cpu_per_move,
    "append_vs_pgbench": append_vs_pgbench,
    "lone_move_latency": lone_move_latency,
    "fanout_5000": fanout,
    "memory_per_spectator": memory_per_spectator,
    "growth": growth,
    "workers": workers,
    "redis_cluster": redis_cluster,
    "cpu_per_move_2_processes": partial(
        cpu_of_processes, key="cpu_per_move_2_processes", processes=2, goal=Goal(1.15, at_most=True)
    ),
    "cpu_per_move_4_processes": partial(cpu_of_processes, key="cpu_per_move_4_processes", processes=4),
    "replay": replay,
    "rebuild": rebuild,
    "projection_cost": projection_cost,
    "projection_latency": projection_latency,
    "running_clocks": running_clocks,
    "computers_200": computers,
    "cold_start": cold_start,
}
ATTEMPTS = 3
"""Measurements of a benchmark in the short form, at most: it is repeated where it misses its goal by half and
no other processes are to blame."""
PATIENCE = 55.0
"""Time after the start until which the short form repeats a measurement, in seconds."""
COUNTS = "counts"
MANY = 50
"""Games at a time while the function calls of a server that is busy are counted."""
KEYS = [*BENCHMARKS, COUNTS]
NOT_SHORT = (
    "moves_vs_memory_relay_200",
    "games_vs_memory_relay",
    "cpu_per_game_without_moves",
    "handshake",
    "growth",
    "workers",
    "redis_cluster",
    "cpu_per_move_2_processes",
    "cpu_per_move_4_processes",
    "replay",
    "projection_cost",
    "projection_latency",
    "running_clocks",
    "computers_200",
    "cold_start",
)
"""Keys that the short form leaves out, because they take long: they have no goal, are another key in a
larger size, or count in another test (`growth` in tests/integration/test_growth.py, a game's life in
tests/integration/test_seats.py)."""


@dataclass
class Run:
    """The results of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    counts: dict[int, Counts] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    """True where a bug kept something from being measured."""


def main() -> None:
    options = _options()
    allow_sockets()
    sizes = SHORT if options.short else LONG
    sizes = replace(sizes, rounds=options.rounds or sizes.rounds, seconds=options.seconds or sizes.seconds)
    keys = options.only or [key for key in KEYS if not (options.short and key in NOT_SHORT)]
    with (
        temporary_folder() as folder,
        embedded.running(folder, None, None) as urls,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        try:
            run = runner.run(
                _run(Stage(Cluster(*urls), sizes, folder), keys, ATTEMPTS if options.short else 1)
            )
        except (asyncio.CancelledError, KeyboardInterrupt):
            sys.exit("Ended early.")
    text = table(run.outcomes, run.counts)
    print(text)
    figures = as_json(run.outcomes, run.counts, run.machine, asdict(sizes))
    figures["took_seconds"] = round(perf_counter() - START, 1)
    options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    if options.write_docs:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(), text, run.machine))
    sys.exit(run.broken or _worse(run))


async def _run(stage: Stage, keys: list[str], attempts: int) -> Run:
    """Measure `keys`. At SIGTERM, too, everything that was started is ended."""
    this = asyncio.current_task()
    assert this
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    await stage.cluster.make_template()
    run, progress = Run(machine=await machine(stage.cluster)), Progress()
    for key, benchmark in BENCHMARKS.items():
        if key not in keys:
            run.outcomes.append(Outcome(key=key, unit="", missing="not in this run"))
            continue
        try:
            async with progress.following(partial(_state, key)):
                run.outcomes.append(await _measured(stage, benchmark, attempts))
        except Exception as error:
            traceback.print_exc()
            run.broken = True
            run.outcomes.append(Outcome(key=key, unit="", missing=f"failed: {type(error).__name__}"))
    if COUNTS in keys:
        async with progress.following(partial(_state, COUNTS)):
            run.counts = {games: await count(stage, games) for games in stage.sizes.counted_at}
            run.counts[1] |= await calls(stage)
            called, moves = await calls_of_many(stage, MANY)
            run.counts.setdefault(MANY, {})["calls"] = total(called) / moves
    return run


async def _measured(stage: Stage, benchmark: Benchmark, attempts: int) -> Outcome:
    """Run `benchmark`; where it misses its goal by half on a quiet machine, again while there is time. Few
    rounds suffer more from noise than many do."""
    for _ in range(attempts):
        others = Others()
        outcome = await benchmark(stage)
        outcome.others = others.share
        if not outcome.too_bad or perf_counter() - START > PATIENCE:
            break
    return outcome


def _state(key: str) -> str:
    """A line on the run while `key` is measured."""
    return f"{clock(perf_counter() - START)}  {key}"


def _worse(run: Run) -> bool:
    """Return whether a figure is worse than noise can make it, and print each that is."""
    found = [
        f"{each.key} is {each.ratio:.2f}, and is to be {each.goal}" for each in run.outcomes if each.too_bad
    ]
    found += [str(each) for games, counts in run.counts.items() for each in too_many(games, counts)]
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder on the disk where servers started here keep their data, not in memory."""
    data = Path(".data").absolute()
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
        yield Path(folder)


def allow_sockets() -> None:
    """Let this process and those that it starts have as many sockets as they may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often ours and the yardstick take turns: 5")
    parser.add_argument("--seconds", type=float, help="how long each turn takes where that is free: 3")
    parser.add_argument(
        "--only", nargs="+", action="extend", choices=KEYS, metavar="KEY", help=f"of {', '.join(KEYS)}"
    )
    parser.add_argument("--short", action="store_true", help="for CI: under a minute, all of it smaller")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where to write the figures")
    parser.add_argument("--write-docs", action="store_true", help=f"put the table into docs/{DOCUMENT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    main()
