"""`python -m tests.lobby`: the processor time of a lobby with 2,000 watchers while 200 games run, and that of
`websockets.broadcast` for the same bytes; and how far the lobby is behind the log.

The games without watchers are measured first, then both, then the watchers while nobody plays: what the
lobby costs is what neither of them does alone, and what it costs to look for so many.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import websockets
from picows import WSListener, ws_connect

from server.host import embedded
from tests.support.cluster import Cluster
from tests.support.player import Api, Socket, client
from tests.support.serving import Command, command

SECONDS = 10.0
"""Time of each measurement, in seconds."""
SETTLE = 8.0
"""Time after a change until it is measured, in seconds; games that are over are shown for 5 s."""
PAUSE = 1.0
"""Time between two moves of a game, in seconds."""
COLUMNS = "1234567" * 2 + "2345671" * 2
GOAL = 1.5
"""Most processor time of the lobby, as a multiple of the broadcast's."""
BEHIND = 300.0
"""Longest time from a commit until the first watcher is told, in milliseconds."""


def processor_time(server: Command) -> float:
    used = psutil.Process(server.process.pid).cpu_times()
    return float(used.user + used.system)


async def measured(server: Command) -> float:
    """The processor time of `server` in a while, in seconds."""
    before = processor_time(server)
    await asyncio.sleep(SECONDS)
    return processor_time(server) - before


@contextlib.asynccontextmanager
async def crowd(url: str, watchers: int) -> AsyncIterator[None]:
    """So many sockets that read, answer pings, and throw all else away: looking into what comes would take
    more of the processor than what is measured."""
    sockets = [
        (await ws_connect(WSListener, url, use_aiofastnet=False))[0].disconnect for _ in range(watchers)
    ]
    try:
        yield
    finally:
        for disconnect in sockets:
            disconnect()


class Watcher:
    """A watcher that notes each frame, and when each change in it had been committed."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.behind: list[float] = []
        """Times from the commit of a change until it was told, in milliseconds."""
        self._seen: dict[str, str] = {}

    async def watch(self, url: str) -> None:
        async with websockets.connect(url, compression=None, max_queue=None) as socket:
            async for frame in socket:
                now = time.time()
                self.frames.append(frame.encode() if isinstance(frame, str) else frame)
                message = json.loads(frame)
                for entry in message["games"] if message["type"] == "games" else ():
                    game, at = entry["game"], entry["changed_at"]
                    if self._seen.get(game) not in (None, at):  # else it is an old one that comes into view
                        self.behind.append(1000 * (now - datetime.fromisoformat(at).timestamp()))
                    self._seen[game] = at


async def game(api: Api, number: int) -> None:
    """Play one listed game after the other, a move at a time."""
    await asyncio.sleep(number / 20)
    while True:
        id, yellow, red = await api.start(listed=True)
        async with api.seated(id, yellow) as ada, api.seated(id, red) as grace:
            sides: tuple[Socket, Socket] = (ada, grace)
            for at, column in enumerate(COLUMNS):
                if (await sides[at % 2].move(int(column) - 1))["type"] != "accepted":
                    break
                await asyncio.sleep(PAUSE)


@contextlib.asynccontextmanager
async def played(api: Api, games: int) -> AsyncIterator[None]:
    """So many games under way. Raises what broke one of them."""
    playing = [asyncio.create_task(game(api, number)) for number in range(games)]
    await asyncio.sleep(games / 20 + SETTLE)
    try:
        yield
    finally:
        failed = [task for task in playing if task.done()]
        for task in playing:
            task.cancel()
        await asyncio.wait(playing)
        for task in failed:
            task.result()


async def main(urls: tuple[str, str], watchers: int, games: int) -> dict[str, Any]:
    """The figures."""
    cluster = Cluster(*urls)
    await cluster.make_template()
    watcher = Watcher()
    async with cluster.database() as name:
        environment = {"PORT": "0", "DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        with command(environment) as server:
            url = await asyncio.to_thread(server.wait_for_address)
            async with client(url, timeout=60) as http, contextlib.AsyncExitStack() as watching:
                async with played(Api(url, http), games):
                    alone = await measured(server)
                    lobby = f"{url.replace('http', 'ws')}/ws/lobby"
                    first = asyncio.create_task(watcher.watch(lobby))
                    await watching.enter_async_context(crowd(lobby, watchers))
                    await asyncio.sleep(SETTLE)
                    watcher.frames.clear()
                    watcher.behind.clear()
                    watched = await measured(server)
                    sent, behind = list(watcher.frames), list(watcher.behind)
                await asyncio.sleep(SETTLE)
                idle = await measured(server)
                first.cancel()
    with command({}, module="tests.lobby.relay") as relay:
        url = (await asyncio.to_thread(relay.wait_for_address)).replace("http", "ws")
        async with crowd(f"{url}/", watchers), websockets.connect(f"{url}/say", compression=None) as saying:
            before = processor_time(relay)
            for frame in sent:
                await saying.send(frame.decode())
                await asyncio.sleep(SECONDS / len(sent))
            broadcast = processor_time(relay) - before
    ours, size = watched - alone - idle, sum(map(len, sent)) / len(sent)
    lags = statistics.quantiles(behind, n=100)
    print(f"{len(sent)} frames of {size:.0f} bytes to {watchers} watchers, {games} games")
    print(f"games alone {alone:.2f} s, with watchers {watched:.2f} s, watchers alone {idle:.2f} s")
    print(f"the lobby {ours:.2f} s, websockets.broadcast {broadcast:.2f} s: {ours / broadcast:.2f}")
    print(
        f"{len(behind)} changes, behind the log: median {lags[49]:.0f} ms,"
        f" 95 % {lags[94]:.0f} ms, 99 % {lags[98]:.0f} ms, most {max(behind):.0f} ms"
    )
    return {
        "watchers": watchers,
        "games": games,
        "ratio": ours / broadcast,
        "behind_ms": {"median": lags[49], "p95": lags[94], "p99": lags[98], "most": max(behind)},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=2_000)
    parser.add_argument("--games", type=int, default=200)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded.running(Path(folder), None, None) as urls:
        figures = asyncio.run(main(urls, wanted.watchers, wanted.games))
    if wanted.json:
        wanted.json.write_text(json.dumps(figures))
    sys.exit(not 0 < figures["ratio"] <= GOAL or figures["behind_ms"]["p95"] > BEHIND)
