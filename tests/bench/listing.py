"""`python -m tests.bench.listing [GAMES]`: the server's function calls a move, most often called first."""

import sys
from collections import Counter
from pathlib import Path

import uvloop

from server.host import embedded
from tests.bench.__main__ import SHORT, allow_sockets, temporary_folder
from tests.bench.calls import calls_of_many, total
from tests.bench.stage import Stage
from tests.support.cluster import Cluster

AT_A_TIME = 50
"""Number of games at a time unless another is named."""
LEAST = 0.03
"""Functions with fewer calls a move are not printed."""


async def main(games: int, folder: Path, urls: tuple[str, str]) -> None:
    stage = Stage(Cluster(*urls), SHORT, folder)
    await stage.cluster.make_template()
    found, moves = await calls_of_many(stage, games)
    print(f"{total(found) / moves:.1f} calls a move, of {moves} moves with {games} games at a time\n")
    print("calls  µs, which the profiler makes more")
    for name, function in sorted(found.items(), key=lambda each: -each[1].calls):
        if function.calls >= LEAST * moves:
            print(f"{function.calls / moves:5.2f} {function.seconds / moves * 1e6:6.2f}  {name}")
    print("\ncalls by file, those of functions in C included")
    files = Counter[str]()
    for name, function in found.items():
        if not name.startswith("<"):  # else it is in C
            files[name.partition(":")[0]] += function.calls + function.calls_in_c
    for file, calls in files.most_common():
        if calls >= LEAST * moves:
            print(f"{calls / moves:5.2f}  {file}")


if __name__ == "__main__":
    allow_sockets()
    with temporary_folder() as folder, embedded.running(folder, None, None) as urls:
        uvloop.run(main(int(sys.argv[1]) if sys.argv[1:] else AT_A_TIME, folder, urls))
