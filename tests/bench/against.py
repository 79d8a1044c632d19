"""People who play the computer, as a program: it prints a line of JSON when its input ends.

`python -m tests.bench.against URL GAMES LEVEL… [--games-each N]`
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import uuid
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import httpx
import websockets

PAUSE = (0.5, 1.5)
"""Time that somebody thinks about a move, in seconds."""

Json = dict[str, Any]


class Person:
    """Plays one game after the other. `waits` are the times from a move to the computer's answer."""

    def __init__(self, url: str, level: str, seed: int, pause: tuple[float, float]) -> None:
        self._url, self._level, self._chance, self._pause = url, level, random.Random(seed), pause
        self.waits: list[float] = []
        self.games = 0

    async def play(self, http: httpx.AsyncClient) -> None:
        """Play a game to its end."""
        body = {"seat": "yellow", "opponent": f"bot:{self._level}"}
        created = (await http.post("/api/games", json=body)).raise_for_status().json()
        address = f"{self._url.replace('http', 'ws', 1)}/ws/games/{created['game']}"
        async with websockets.connect(address) as socket:
            await socket.send(json.dumps({"type": "authenticate", "token": created["token"]}))
            columns: list[int] = []
            begun = perf_counter()
            async for event in _events(socket):
                match event["type"]:
                    case "MoveMade":
                        columns.append(event["data"]["column"])
                        if len(columns) % 2 == 0:
                            self.waits.append(perf_counter() - begun)
                    case "GameFinished":
                        break
                if event["type"] in ("GameStarted", "MoveMade") and len(columns) % 2 == 0:
                    await asyncio.sleep(self._chance.uniform(*self._pause))
                    column = self._chance.choice([each for each in range(7) if columns.count(each) < 6])
                    begun = perf_counter()
                    await socket.send(json.dumps({"type": "move", "id": str(uuid.uuid4()), "column": column}))
        self.games += 1


async def _events(socket: websockets.ClientConnection) -> AsyncIterator[Json]:
    async for frame in socket:
        message = json.loads(frame)
        if message["type"] == "events":
            for event in message["events"]:
                yield event


async def _main(options: argparse.Namespace) -> None:
    pause = (0.0, 0.0) if options.games_each else PAUSE
    people = [
        Person(options.url, options.levels[number % len(options.levels)], number, pause)
        for number in range(options.games)
    ]
    async with httpx.AsyncClient(base_url=options.url, verify=False, timeout=60) as http:

        async def go_on(person: Person) -> None:
            while not options.games_each or person.games < options.games_each:
                await person.play(http)

        playing = [asyncio.create_task(go_on(person)) for person in people]
        if not options.games_each:
            await asyncio.to_thread(sys.stdin.read)
            for task in playing:
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*playing)
    waits = sorted(wait for person in people for wait in person.waits)
    figures = {f"p{part}": round(waits[len(waits) * part // 100], 3) for part in (50, 99)} if waits else {}
    games = sum(person.games for person in people)
    print(json.dumps({"answers": len(waits), "games": games, **figures}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.against", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("games", type=int, help="at a time")
    parser.add_argument("levels", nargs="+")
    parser.add_argument("--games-each", type=int, help="then end; without pauses")
    os.nice(15)  # people would be elsewhere
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
