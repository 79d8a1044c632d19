"""`python -m tests.bench.listing [GAMES]`: the server's function calls a move, most often called first.

`python -m tests.bench.listing --life [--step NAME…]` lists those of a game's life, step by step.
"""

import argparse
from collections import Counter
from pathlib import Path

import uvloop

from server.host import embedded
from tests.bench.__main__ import SHORT, allow_sockets, temporary_folder
from tests.bench.calls import Calls, calls_of_many, total
from tests.bench.stage import Stage
from tests.bench.steps import TIMES, steps_of_life
from tests.support.cluster import Cluster

AT_A_TIME = 50
"""Number of games at a time unless another is named."""
LEAST = 0.03
"""Functions with fewer calls a move are not printed."""


async def main(options: argparse.Namespace, folder: Path, urls: tuple[str, str]) -> None:
    stage = Stage(Cluster(*urls), SHORT, folder)
    await stage.cluster.make_template()
    if options.life:
        await _list_life(stage, options.step)
        return
    found, moves = await calls_of_many(stage, options.games)
    print(f"{total(found) / moves:.1f} calls a move, of {moves} moves with {options.games} games at a time\n")
    _list(found, moves)


async def _list_life(stage: Stage, named: list[str]) -> None:
    found = await steps_of_life(stage)
    for name in named:
        print(name)
        _list(found[name], TIMES)
        print()
    print("calls  step of a game's life")
    for name, calls in found.items():
        print(f"{total(calls) / TIMES:5.0f}  {name}")


def _list(found: Calls, times: int) -> None:
    """Print the calls of what was done so many times, by function and by file."""
    print("calls  µs, which the profiler makes more")
    for name, function in sorted(found.items(), key=lambda each: -each[1].calls):
        if function.calls >= LEAST * times:
            print(f"{function.calls / times:5.2f} {function.seconds / times * 1e6:6.2f}  {name}")
    print("\ncalls by file, those of functions in C included")
    files = Counter[str]()
    for name, function in found.items():
        if not name.startswith("<"):  # else it is in C
            files[name.partition(":")[0]] += function.calls + function.calls_in_c
    for file, calls in files.most_common():
        if calls >= LEAST * times:
            print(f"{calls / times:5.2f}  {file}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.listing", description=__doc__)
    parser.add_argument("games", type=int, nargs="?", default=AT_A_TIME, help="played at a time")
    parser.add_argument("--life", action="store_true", help="a game's life instead of a move")
    parser.add_argument("--step", nargs="+", action="extend", default=[], help="list its functions, too")
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    allow_sockets()
    with temporary_folder() as folder, embedded.running(folder, None, None) as urls:
        uvloop.run(main(options, folder, urls))
