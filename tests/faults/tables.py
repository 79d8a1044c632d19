"""Tables where one game is played after another, with players, spectators, and a late spectator."""

import asyncio
import contextlib
from typing import Any

import httpx

from tests.faults.bots import Spectator, World
from tests.faults.journal import GameJournal, Journals
from tests.faults.players import AGAIN, Deserter, Player

Clock = dict[str, int]

TIMED = 0.25
"""Share of the games that have a clock."""
CLOCKS = {"initial": 30, "increment": 0}, {"initial": 10, "increment": 1}
SHORTEST = {"initial": 10, "increment": 0}
"""The shortest clock there is, in seconds: that of games whose players leave."""
REMATCHES = 0.5
"""Share of the games after which the same players play another one."""
LATE = 10
"""Latest arrival of the late spectator, in thinking times after the start of the game."""


class Tables:
    """Opens games over HTTP and seats bots at them."""

    def __init__(self, world: World, journals: Journals, spectators: int) -> None:
        self._world, self._journals, self._spectators = world, journals, spectators
        self.games = 0

    async def play(self) -> None:
        """Play one game after the other at one table, until the world is resting."""
        chance = self._world.random
        async with self._http() as http:
            while not self._world.resting:
                clock = chance.choice(CLOCKS) if chance.random() < TIMED else None
                if opened := await self._open(http, clock):
                    await self._play_on(http, *opened)
                else:
                    await asyncio.sleep(AGAIN)

    async def _play_on(
        self, http: httpx.AsyncClient, game: str, journal: GameJournal, tokens: tuple[str, str]
    ) -> None:
        """Play a game and the ones that follow it, with the same tokens at the other seats each time."""
        chance = self._world.random
        next = await self._sit(Player, game, journal, tokens, rematch=chance.random() < REMATCHES)
        while next and await self._is_open(http, next):
            self.games += 1
            journal, tokens = self._journals.of(next), (tokens[1], tokens[0])
            next = await self._sit(Player, next, journal, tokens, rematch=chance.random() < REMATCHES)

    async def _is_open(self, http: httpx.AsyncClient, game: str) -> bool:
        """True once the game is there; False where the world is resting before it is."""
        while not self._world.resting:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(f"/api/games/{game}")).status_code == 200:
                    return True
            await asyncio.sleep(AGAIN)
        return False

    async def desert(self, after: float) -> None:
        """From so many seconds on, have one game after the other left by both players as soon as their clocks
        run."""
        await asyncio.sleep(after)
        async with self._http() as http:
            while not self._world.resting:
                if opened := await self._open(http, SHORTEST):
                    await self._sit(Deserter, *opened)
                else:
                    await asyncio.sleep(AGAIN)

    async def probe(self) -> None:
        """Return when a move in a new game was accepted."""
        async with self._http() as http:
            while not (opened := await self._open(http)):
                await asyncio.sleep(0.02)
            game, journal, (token, _) = opened
            player = _Eager(self._world, game, "probe", journal, token, "yellow")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(player.run())
                try:
                    await player.moved.wait()
                finally:
                    player.leave()
            journal.save()

    async def _open(
        self, http: httpx.AsyncClient, clock: Clock | None = None
    ) -> tuple[str, GameJournal, tuple[str, str]] | None:
        """Open a game: its id, its journal, and both tokens; None where an answer was lost or the request
        refused."""
        terms = {"seat": "yellow", "name": "Ada", "listed": True, "clock": clock}
        created = await _post(http, "/api/games", terms)
        if created is None:
            return None
        game = created["game"]
        journal = self._journals.of(game)
        journal.note("host", 0, "created")
        joined = await _post(http, f"/api/games/{game}/players", {"name": "Grace"})
        if joined is None:
            journal.save()
            return None
        journal.note("host", 0, "joined", seat=joined["seat"])
        self.games += 1
        return game, journal, (created["token"], joined["token"])

    async def _sit(
        self,
        kind: type[Player],
        game: str,
        journal: GameJournal,
        tokens: tuple[str, str],
        *,
        rematch: bool = False,
    ) -> str | None:
        """Play one game. Returns the one that follows, where its players agreed to one."""
        world = self._world
        players = [
            kind(world, game, seat, journal, token, seat, rematch=rematch)
            for seat, token in zip(("yellow", "red"), tokens, strict=True)
        ]
        watching = [
            Spectator(world, game, f"spectator {n}", journal, rematch=rematch)
            for n in range(self._spectators)
        ]
        async with asyncio.TaskGroup() as tasks:
            for bot in (*players, *watching[1:]):
                tasks.create_task(bot.run())
            if watching:
                await asyncio.sleep(world.random.uniform(0, LATE * world.think) if not world.resting else 0)
                tasks.create_task(watching[0].run())
        journal.save()
        return players[0].next

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self._world.port}",
            timeout=5,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=False,  # there is no TLS, and its context takes 20 ms to make
        )


class _Eager(Player):
    """Makes one move, as soon as possible."""

    rests = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.moved = asyncio.Event()

    def heard(self, message: dict[str, Any]) -> None:
        if message["type"] == "accepted":
            self.moved.set()
        super().heard(message)

    def _think(self) -> None:
        if not (self.pending or self._columns) and self._seated and self._started:
            self._act()


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    with contextlib.suppress(httpx.HTTPError):
        answer = await http.post(path, json=body)
        if answer.status_code == 201:
            return dict(answer.json())
    return None
