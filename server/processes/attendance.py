"""Says of the listed games that wait whether their creators are there: whether a socket is at their seat.

The table of waiting games is told, so that every server and every look sees the same. What a server says is a
lease, renewed while the socket is open; it outlasts a server that died by ten seconds.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable

from server.errors import StoreUnavailable
from server.game.events import GameId
from server.game.state import Status
from server.handler import Handler
from server.store.waiting import WaitingGames

RENEWAL = 2.0
"""Time between two renewals, in seconds: store.waiting.LEASE is ten seconds longer."""


class Attendance:
    """The creators at this process, whose name among all others is `process`. `on_change` is told when one
    has come or gone."""

    def __init__(
        self, pools: WaitingGames, handler: Handler, process: str, on_change: Callable[[], None]
    ) -> None:
        self._pools, self._handler, self._process, self._on_change = pools, handler, process, on_change
        self._here: Counter[GameId] = Counter()
        self._waiting: set[GameId] = set()
        """Those of them that wait, as far as is known here."""
        self._came: set[GameId] = set()
        self._gone: set[GameId] = set()
        self._wake = asyncio.Event()

    def come(self, game: GameId) -> None:
        """The creator of `game`, which waits, has a socket here until `leave` is called for it."""
        self._here[game] += 1
        if self._here[game] == 1:
            self._waiting.add(game)
            self._came.add(game)
            self._gone.discard(game)
            self._wake.set()

    def leave(self, game: GameId, *, server_ends: bool = False) -> None:
        """One of the creator's sockets is closed. Where this server closes them all, the creator comes back,
        and counts as there for a while."""
        self._here[game] -= 1
        if not self._here[game]:
            del self._here[game]
            self._came.discard(game)
            if game in self._waiting and not server_ends:
                self._gone.add(game)
                self._wake.set()
            self._waiting.discard(game)

    async def run(self) -> None:
        """Tell of changes at once, and renew regularly, until cancelled."""
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + RENEWAL
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(renew_at):
                    await self._wake.wait()
            self._wake.clear()
            renews = loop.time() >= renew_at
            if renews:
                renew_at = loop.time() + RENEWAL
            with contextlib.suppress(StoreUnavailable):  # the next renewal says it again
                await self._tell(set(self._waiting if renews else self._came), set(self._gone))

    async def _tell(self, here: set[GameId], gone: set[GameId]) -> None:
        changed = bool(self._came or gone)
        if begun := {game for game in here | gone if await self._has_begun(game)}:
            await self._pools.remove(begun)
            self._waiting -= begun
        if here := here - begun:
            self._waiting -= here - await self._pools.here(here, self._process)
        if gone := gone - begun:
            await self._pools.gone(gone, self._process)
        self._came -= here | begun
        self._gone -= gone | begun
        if changed:
            self._on_change()

    async def _has_begun(self, game: GameId) -> bool:
        return (await self._handler.glance(game)).status is not Status.WAITING
