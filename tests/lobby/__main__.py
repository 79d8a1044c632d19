"""`python -m tests.lobby`: the processor time of a lobby with 2,000 watchers while 200 games run, and that of
`websockets.broadcast` for the same bytes.

What the watchers cost while nothing happens, pings for the most part, and the games without watchers, is
taken off. Prints both, their ratio, and how far the lobby is behind the log.
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

from server.host import embedded
from tests.support.cluster import Cluster
from tests.support.player import Api, Socket, client
from tests.support.serving import Command, command

SECONDS = 10.0
"""Time of each measurement, in seconds."""
PAUSE = 1.0
"""Time between two moves of a game, in seconds."""
COLUMNS = "1234567" * 2 + "2345671" * 2
GOAL = 1.5


def processor_time(server: Command) -> float:
    used = psutil.Process(server.process.pid).cpu_times()
    return float(used.user + used.system)


async def measured(server: Command, frames: list[bytes] | None = None) -> float:
    """The processor time of `server` in a while."""
    if frames is not None:
        frames.clear()
    before = processor_time(server)
    await asyncio.sleep(SECONDS)
    return processor_time(server) - before


@contextlib.asynccontextmanager
async def crowd(url: str, watchers: int, frames: list[bytes], lags: list[float]) -> AsyncIterator[None]:
    """So many sockets that read. The first notes its frames, and the age of the latest move in each."""

    async def watch(first: bool) -> None:
        async with websockets.connect(url, compression=None, max_queue=None) as socket:
            async for frame in socket:
                if first:
                    now = time.time()
                    frames.append(frame.encode() if isinstance(frame, str) else frame)
                    message = json.loads(frame)
                    entries = message["games"] if message["type"] == "games" else ()
                    moved = [entry["changed_at"] for entry in entries if entry["moves"]]
                    if moved and len(frames) > 1:
                        lags.append(now - datetime.fromisoformat(max(moved)).timestamp())

    tasks = []
    for number in range(watchers):
        tasks.append(asyncio.create_task(watch(number == 0)))
        if number % 50 == 0:
            await asyncio.sleep(0.05)
    await asyncio.sleep(3)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


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


async def main(urls: tuple[str, str], watchers: int, games: int) -> dict[str, Any]:
    """The figures."""
    cluster = Cluster(*urls)
    await cluster.make_template()
    frames: list[bytes] = []
    lags: list[float] = []
    async with cluster.database() as name:
        environment = {"PORT": "0", "DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        with command(environment) as server:
            url = await asyncio.to_thread(server.wait_for_address)
            async with client(url, timeout=60) as http, contextlib.AsyncExitStack() as watching:
                await watching.enter_async_context(
                    crowd(f"{url.replace('http', 'ws')}/ws/lobby", watchers, frames, lags)
                )
                idle = await measured(server)
                playing = [asyncio.create_task(game(Api(url, http), number)) for number in range(games)]
                await asyncio.sleep(games / 20 + 5)
                lags.clear()
                watched = await measured(server, frames)
                sent = list(frames)
                await watching.aclose()
                alone = await measured(server)
                failed = [task for task in playing if task.done()]
                for task in playing:
                    task.cancel()
                await asyncio.wait(playing)
                for task in failed:
                    task.result()
    with command({}, module="tests.lobby.relay") as relay:
        url = (await asyncio.to_thread(relay.wait_for_address)).replace("http", "ws")
        async with crowd(url, watchers, [], []), websockets.connect(f"{url}/say", compression=None) as saying:
            before = processor_time(relay)
            for frame in sent:
                await saying.send(frame.decode())
                await asyncio.sleep(SECONDS / len(sent))
            broadcast = processor_time(relay) - before
    ours, size = watched - alone - idle, sum(map(len, sent)) / len(sent)
    lag = statistics.quantiles(lags, n=20)
    print(f"{len(sent)} frames of {size:.0f} bytes to {watchers} watchers, {games} games")
    print(f"the lobby {ours:.2f} s, websockets.broadcast {broadcast:.2f} s: {ours / broadcast:.2f}")
    print(f"behind the log: median {1000 * lag[9]:.0f} ms, 95 % {1000 * lag[18]:.0f} ms")
    return {
        "watchers": watchers,
        "games": games,
        "ratio": ours / broadcast,
        "lag_ms": {"median": 1000 * lag[9], "p95": 1000 * lag[18]},
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
    sys.exit(figures["ratio"] > GOAL)
