"""Pairs of players who play at an even pace, and the latency of their moves."""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from statistics import quantiles
from typing import Any

import httpx

from tests.faults.wire import Wire
from tests.golden.rules import DRAWN

PACE = 0.05
"""Time between two moves of a game, in seconds."""
PATIENCE = 10.0
"""Time after which a move without an answer counts as lost, in seconds."""


@dataclass
class Moves:
    """The moves that were made. Times are those of `time.perf_counter`, in seconds."""

    times: list[tuple[float, float, float]] = field(default_factory=list)
    """For each move the time when it was due, and the time until its player and until its opponent
    received it."""
    sent: int = 0
    failures: list[str] = field(default_factory=list)

    def between(self, begin: float, end: float) -> "Latency":
        chosen = [(own, other) for due, own, other in self.times if begin <= due < end]
        return Latency(_percentiles([own for own, _ in chosen]), _percentiles([other for _, other in chosen]))


@dataclass(frozen=True, slots=True)
class Latency:
    """From a move to `accepted`, and to its event on the opponent's socket: p50 and p99, in seconds."""

    accepted: tuple[float, float]
    seen: tuple[float, float]


class Player(Wire):
    """One seat of a game. Waits for one message at a time."""

    def __init__(self, uri: str, token: str) -> None:
        super().__init__(uri, self._on_message, self._on_end)
        self._token = token
        self._for: Callable[[dict[str, Any]], bool] | None = None
        self._heard: asyncio.Future[float] | None = None

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> "asyncio.Future[float]":
        """A future for the time of the first message that `wanted` accepts. It raises ConnectionError
        where the socket ends."""
        self._for, self._heard = wanted, asyncio.get_running_loop().create_future()
        return self._heard

    def _on_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            self.say({"type": "authenticate", "token": self._token})
        elif message["type"] == "rejected":
            self._fail(f"{message['code']}: {message['detail']}")
        elif self._for and self._heard and not self._heard.done() and self._for(message):
            self._heard.set_result(time.perf_counter())

    def _on_end(self, code: int | None) -> None:
        self._fail(f"closed with {code}")

    def _fail(self, why: str) -> None:
        if self._heard and not self._heard.done():
            self._heard.set_exception(ConnectionError(why))


class Pair:
    """Two players with one address, who play one game after the other."""

    def __init__(self, url: str, number: int, moves: Moves, on_game: Callable[[str], None]) -> None:
        self._url, self._moves, self._on_game = url, moves, on_game
        self._address = f"127.0.1.{number + 1}"
        self.leaving = False

    async def play(self) -> None:
        await asyncio.sleep(random.uniform(0, 0.5))
        async with visitor(self._url, self._address) as http:
            while not self.leaving:
                try:
                    async with contextlib.AsyncExitStack() as stack:
                        await self._play_one(http, stack)
                except (OSError, TimeoutError, httpx.HTTPError) as error:
                    self._moves.failures.append(repr(error))
                    await asyncio.sleep(PACE)

    async def _play_one(self, http: httpx.AsyncClient, stack: contextlib.AsyncExitStack) -> None:
        game, tokens = await open_game(http)
        players = [await self._sit(game, token) for token in tokens]
        for player in players:
            stack.callback(player.leave)
        self._on_game(game)
        due = time.perf_counter() + PACE
        for number, column in enumerate(DRAWN):
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
                due = time.perf_counter()
            mover, opponent = players[number % 2], players[1 - number % 2]
            if self.leaving:
                return
            await self._move(mover, opponent, int(column) - 1, due)
            due += PACE

    async def _move(self, mover: Player, opponent: Player, column: int, due: float) -> None:
        id = str(uuid.uuid4())
        self._moves.sent += 1
        accepted = mover.until(lambda message: message.get("id") == id)
        seen = opponent.until(
            lambda message: message["type"] == "events" and message["events"][0]["command_id"] == id
        )
        mover.say({"type": "move", "id": id, "column": column})
        async with asyncio.timeout(PATIENCE):
            own, other = await asyncio.gather(accepted, seen)
        self._moves.times.append((due, own - due, other - due))

    async def _sit(self, game: str, token: str) -> Player:
        uri = f"{self._url.replace('http', 'ws', 1)}/ws/games/{game}"
        player = Player(uri, token)
        seated = player.until(lambda message: message["type"] == "seated")
        async with asyncio.timeout(PATIENCE):
            host, port = self._url.removeprefix("http://").split(":")
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: player, host, int(port), local_addr=(self._address, 0))
            await seated
        return player


def visitor(url: str, address: str) -> httpx.AsyncClient:
    """An HTTP client that comes from `address`."""
    transport = httpx.AsyncHTTPTransport(
        verify=False,  # there is no TLS, and its context takes 20 ms to make
        local_address=address,
        limits=httpx.Limits(max_keepalive_connections=0),
    )
    return httpx.AsyncClient(base_url=url, transport=transport, timeout=PATIENCE, trust_env=False)


async def open_game(http: httpx.AsyncClient) -> tuple[str, tuple[str, str]]:
    """Open a game: its id, and the tokens of yellow and red. Raises httpx.HTTPError."""
    created = (await http.post("/api/games", json={"seat": "yellow"})).raise_for_status().json()
    game = created["game"]
    joined = (await http.post(f"/api/games/{game}/players", json={})).raise_for_status().json()
    return game, (created["token"], joined["token"])


def _percentiles(times: list[float]) -> tuple[float, float]:
    if len(times) < 2:
        return inf, inf
    cut = quantiles(times, n=100, method="inclusive")
    return cut[49], cut[98]
