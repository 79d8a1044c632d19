"""`python -m tests.clocks`: timed games on two servers whose clocks differ by 200 ms.

No remaining time may be off by more than 20 ms, by the database's time, and each flag falls once. Exits with
1 where anything was noticed.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from server.host import embedded
from tests.bench.stage import NO_LIMITS
from tests.clocks.games import Run
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api, client
from tests.support.progress import Progress

GAMES = 1_000
"""Number of games of the long form."""
FLAGS = 100
"""Number of these that end by a flag."""
SHOWN = 20
"""Number of faults that are printed at most."""
AHEAD = ("-0.1", "0.1")
"""Offsets of the two servers' clocks, in seconds ahead."""


async def run(cluster: Cluster, games: int, flags: int, progress: Progress) -> dict[str, Any]:
    """Play so many games; returns the figures."""
    async with cluster.database() as name, contextlib.AsyncExitStack() as stack:
        servers, apis = [], []
        for number, ahead in enumerate(AHEAD):
            variables = {
                "PORT": "0",
                "SERVER_NAME": f"server {number}",
                "DATABASE_URL": cluster.url_of(name),
                "REDIS_URL": cluster.redis_url,
                "GAMES_PER_MINUTE": "1000000",
                "AHEAD": ahead,
                **NO_LIMITS,
            }
            server = stack.enter_context(serving.command(variables, module="tests.clocks.ahead"))
            url = await asyncio.to_thread(server.wait_for_address)
            apis.append(Api(url, await stack.enter_async_context(client(url))))
            servers.append(server)
        played = Run((apis[0], apis[1]), games, flags)
        async with progress.following(partial(_state, played)):
            await played.run()
        for server in servers:
            if await asyncio.to_thread(server.end) or "Traceback" in server.output:
                played.faults.append(f"a server said: {server.output}")
    return _figures(played)


def _state(run: Run) -> str:
    return f"clocks: {len(run.moves):,} moves, {len(run.late)} flags, {len(run.faults)} faults"


def _figures(run: Run) -> dict[str, Any]:
    percentiles = quantiles((move.taken for move in run.moves), n=100)
    return {
        "games": run.games,
        "moves": len(run.moves),
        "most_off_ms": round(max(move.off for move in run.moves), 1),
        "sent_to_recorded_ms": {"p50": round(percentiles[49], 1), "p99": round(percentiles[98], 1)},
        "flags": len(run.late),
        "flag_late_ms": {"most": round(max(run.late, default=0.0), 1)},
        "faults": run.faults,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.clocks", description=__doc__)
    parser.add_argument("--games", type=int, default=GAMES, help=f"number of games: {GAMES:,}")
    parser.add_argument("--flags", type=int, default=FLAGS, help=f"of these end by a flag: {FLAGS}")
    parser.add_argument("--json", type=Path, default=Path("clocks.json"), help="file for the figures")
    options = parser.parse_args()
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), None, None) as urls:
        figures = asyncio.run(_run(Cluster(*urls), options.games, options.flags, progress))
    options.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps({**figures, "faults": len(figures["faults"])}), *figures["faults"][:SHOWN], sep="\n")
    sys.exit(bool(figures["faults"]))


async def _run(cluster: Cluster, games: int, flags: int, progress: Progress) -> dict[str, Any]:
    await cluster.make_template()
    return await run(cluster, games, flags, progress)


if __name__ == "__main__":
    main()
