"""People who all press *Play now* at once, on two servers, one of which is killed meanwhile.

Some answers get lost on the way: whoever has none asks again with the same id, at whichever server there is.
Whoever has a seat sits down at it, and waits for the game to begin.
"""

import asyncio
import contextlib
import random
import secrets
import uuid
from dataclasses import dataclass, field

import asyncpg
import httpx
import websockets

from tests.support.player import UNHURRIED, Json, Socket, client
from tests.support.serving import Command, command

PATIENCE = 60
"""Time limit for all games to have begun, in seconds."""
LOST = 0.3
"""Share of the requests whose answer does not arrive."""
PAUSE = 0.05
"""Pause before somebody asks again, or connects again, in seconds."""


@dataclass
class Person:
    """Somebody with a browser, who does not give up."""

    servers: "Servers"
    rng: random.Random
    request: Json = field(
        default_factory=lambda: {"id": str(uuid.uuid4()), "token": secrets.token_urlsafe(32)}
    )
    seats: list[Json] = field(default_factory=list)
    """Every answer that arrived; all have to be the same."""

    async def play(self) -> None:
        """Ask for a seat until there is one, sit there until the game has begun, and ask once more."""
        seat = await self._ask()
        while True:
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                url = self.servers.any(self.rng).replace("http", "ws", 1)
                async with websockets.connect(f"{url}/ws/games/{seat['game']}", **UNHURRIED) as connection:
                    socket = Socket(connection)
                    await socket.authenticate(seat["token"])
                    await socket.hear_version(4)
                    break
            await asyncio.sleep(PAUSE)
        await self._ask()

    async def _ask(self) -> Json:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self.servers.ask(self.rng, self.request)
                if answer.status_code == 200 and self.rng.random() > LOST:
                    self.seats.append(answer.json())
                    return self.seats[-1]
            await asyncio.sleep(PAUSE * self.rng.random())


class Servers:
    """The servers that live, and one client for each."""

    def __init__(self) -> None:
        self.clients: dict[str, httpx.AsyncClient] = {}

    def any(self, rng: random.Random) -> str:
        return rng.choice(list(self.clients))

    async def ask(self, rng: random.Random, request: Json) -> httpx.Response:
        return await self.clients[self.any(rng)].post("/api/matches", json=request)

    def gone(self, url: str) -> None:
        self.clients.pop(url)


async def press(database_url: str, redis_url: str, people: int, seed: int) -> list[str]:
    """Have so many people play now, and kill a server; returns what is wrong in the end."""
    rng = random.Random(seed)
    environment = {"PORT": "0", "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    with command(environment) as one, command(environment) as two:
        servers = Servers()
        async with contextlib.AsyncExitStack() as stack:
            for server in (one, two):
                url = await asyncio.to_thread(server.wait_for_address)
                limits = httpx.Limits(max_connections=None)
                http = client(url, limits=limits)
                servers.clients[url] = await stack.enter_async_context(http)
            crowd = [Person(servers, random.Random(rng.random())) for _ in range(people)]
            killing = asyncio.create_task(_kill(servers, one, crowd))
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(killing, *(person.play() for person in crowd))
    return await _faults(database_url, crowd)


async def _kill(servers: Servers, server: Command, crowd: list[Person]) -> None:
    """Kill `server` as soon as a third of them have a seat."""
    while sum(bool(person.seats) for person in crowd) < len(crowd) / 3:
        await asyncio.sleep(0.001)
    server.process.kill()
    servers.gone(server.url)


async def _faults(database_url: str, crowd: list[Person]) -> list[str]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT stream_id, count(*) FILTER (WHERE type = 'PlayerJoined') AS players,"
            " count(*) FILTER (WHERE type = 'GameStarted') AS started FROM events GROUP BY stream_id"
        )
    finally:
        await connection.close()
    games = {str(row["stream_id"]): (row["players"], row["started"]) for row in rows}
    wrong = [f"{game} has {found}" for game, found in games.items() if found != (2, 1)]
    if len(games) != len(crowd) // 2:
        wrong.append(f"{len(games)} games for {len(crowd)} people")
    taken = [(person.seats[0]["game"], person.seats[0]["seat"]) for person in crowd]
    if len(set(taken)) != len(crowd):
        wrong.append("two have the same seat")
    wrong += [f"{person.seats}" for person in crowd if person.seats[0] != person.seats[1]]
    return wrong
