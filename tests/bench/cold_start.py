"""Time from the command to the first accepted move."""

import asyncio
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import msgspec
from websockets.asyncio.client import connect

from tests.bench.figures import Outcome
from tests.bench.stage import Stage
from tests.load.worker import create
from tests.support.serving import command


async def cold_start(stage: Stage) -> Outcome:
    """Seconds. The command starts Postgres and Valkey, in a data folder that was used before."""
    outcome = Outcome(key="cold_start", unit="s", compared=False)
    environment: dict[str, str | Path] = {
        "PORT": "0",
        "DATA_DIR": stage.folder / "cold",
        "SERVER_NAME": "bench",
    }
    first = True
    for _ in range(stage.sizes.rounds + 1):
        start = perf_counter()
        with command(environment) as server:
            url = await asyncio.to_thread(server.wait_for_address)
            listening = perf_counter() - start
            await _move(url)
            if first:  # it created the data folder
                outcome.details |= {"first_start": perf_counter() - start, "listening": []}
                first = False
            else:
                outcome.ours.append(perf_counter() - start)
                outcome.details["listening"].append(listening)
            await asyncio.to_thread(server.end)
    return outcome


async def _move(url: str) -> None:
    """Create a game, join it, and have its first move accepted."""
    [pair] = await create(url, 1)
    socket = f"{url.replace('http://', 'ws://')}/ws/games/{pair.game}"
    async with connect(socket, compression=None) as websocket:
        for message in (
            {"type": "authenticate", "token": pair.yellow},
            {"type": "move", "id": str(uuid4()), "column": 3},
        ):
            await websocket.send(msgspec.json.encode(message), text=True)
        async for frame in websocket:
            match msgspec.json.decode(frame)["type"]:
                case "accepted":
                    return
                case "rejected":
                    raise RuntimeError(str(frame))
