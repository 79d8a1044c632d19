"""`python -m tests.rebuild`: the read model of games is built anew from a long log while games are played.

A server serves from the old version meanwhile, and lists are asked for all the time. Afterwards every row is
what its game folds to. Exits with 1 where anything was noticed, or differs.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from server.host import embedded
from server.projections import command
from tests.bench.log import fill
from tests.bench.stage import NO_LIMITS
from tests.support import serving
from tests.support.cluster import Cluster
from tests.support.player import Api
from tests.support.progress import Progress, clock
from tests.support.read_side import ReadSide, read_side

EVENTS = 5_000_000
"""Length of the log, in events."""
LISTED = 5
"""Games that have to be in every list."""
PLAYERS = 2
"""Games that are played at a time."""


class Run:
    """A rebuild with all that goes on beside it."""

    def __init__(self, api: Api, side: ReadSide, database_url: str, progress: Progress) -> None:
        self._api, self._side, self._url, self._progress = api, side, database_url, progress
        self._over = asyncio.Event()
        self.faults: list[str] = []
        self.figures: dict[str, Any] = {"games": 0, "lists": 0}

    async def run(self) -> None:
        began = monotonic()
        await self._until_folded()
        self.figures["first_seconds"] = round(monotonic() - began, 1)
        known = {await self._create() for _ in range(LISTED)}
        await self._until_folded()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(PLAYERS):
                tasks.create_task(self._play())
            tasks.create_task(self._look(known))
            await self._rebuild()
            self._over.set()
        await self._until_folded()
        self.faults += await self._differences()

    async def _create(self) -> str:
        answer = await self._api.http.post("/api/games", json={"listed": True})
        return str(answer.json()["game"])

    async def _until_folded(self) -> None:
        """Wait until the server has folded all that is recorded."""
        while True:
            statuses = await self._side.models.look()
            if not any(status.lag_events for status in statuses):
                return
            left = max(status.lag_events for status in statuses)
            self._progress.show(f"folding; left about {left:,} events")
            await asyncio.sleep(0.2)

    async def _play(self) -> None:
        while not self._over.is_set():
            game, yellow, red = await self._api.start()
            async with self._api.seated(game, yellow) as ada, self._api.seated(game, red) as grace:
                for number in range(6):
                    mover = (ada, grace)[number % 2]
                    answer = await mover.move(number % 2)
                    if answer["type"] != "accepted":
                        self.faults.append(f"a move was answered by {answer}")
                await grace.hear_version(10)
            self.figures["games"] += 1

    async def _look(self, known: set[str]) -> None:
        """Ask for lists: none fails, and no game is ever missing."""
        while not self._over.is_set():
            answer = await self._api.http.get("/api/games", params={"limit": 100})
            if answer.status_code != 200:
                self.faults.append(f"a list was answered by {answer.status_code}")
            elif missing := known - {entry["game"] for entry in answer.json()["games"]}:
                self.faults.append(f"a list had no {missing}")
            self.figures["lists"] += 1
            await asyncio.sleep(0.01)

    async def _rebuild(self) -> None:
        async for told in command.rebuild(self._url, "games"):
            left = clock(told.seconds_left) if told.seconds_left is not None else "?"
            self._progress.show(f"rebuilt {told.events:,}, {told.rate:,.0f} events/s, time left {left}")
        self.figures |= {"events": told.events, "seconds": round(told.seconds, 1), "rate": round(told.rate)}

    async def _differences(self) -> list[str]:
        """The rows that are not what their game folds to, each as a sentence."""
        found = []
        async for games, rows, folded in self._side.in_parts():
            self._progress.show(f"checking {games:,} games")
            found += [
                f"{id} is {rows.get(id)}, and the log says {folded.get(id)}"
                for id in rows.keys() | folded.keys()
                if rows.get(id) != folded.get(id)
            ]
            self.figures["checked"] = games
        return found


async def _main(events: int, urls: tuple[str, str], progress: Progress) -> tuple[list[str], dict[str, Any]]:
    cluster = Cluster(*urls)
    await cluster.make_template()
    async with cluster.database() as name:
        url = cluster.url_of(name)
        await fill(cluster.url_of(name, user="postgres"), events)
        variables = {"PORT": "0", "DATABASE_URL": url, "REDIS_URL": cluster.redis_url, **NO_LIMITS}
        with serving.command(variables) as server:
            address = await asyncio.to_thread(server.wait_for_address)
            async with httpx.AsyncClient(base_url=address, timeout=30) as http, read_side(url) as side:
                run = Run(Api(address, http), side, url, progress)
                await run.run()
            if await asyncio.to_thread(server.end) or "Traceback" in server.output:
                run.faults.append(f"the server said: {server.output}")
    return run.faults, run.figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rebuild", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"length of the log: {EVENTS:,}")
    parser.add_argument("--json", type=Path, default=Path("rebuild.json"), help="file for the figures")
    options = parser.parse_args()
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), None, None) as urls:
        faults, figures = asyncio.run(_main(options.events, urls, progress))
    progress.end()
    options.json.write_text(json.dumps({**figures, "faults": faults}, indent=2) + "\n")
    print(figures, *faults[:20], sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
