"""Tells every process of players who were forgotten, so that their names are shown nowhere any more."""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

from server.delivery.hub import Hub
from server.delivery.lobby import Lobby
from server.delivery.pubsub import FORGOTTEN
from server.errors import StoreUnavailable
from server.game.events import PlayerId
from server.store.names import SealedNames
from server.store.players import Players

INTERVAL = 0.75
"""Time between two looks into the database, in seconds: a name is gone within a second without Redis, too."""


class Forgetting:
    """Forgets players, those whom other processes forgot too.

    Whom to forget is in the database; a bell on Redis (`ring`) only says to look at once.
    """

    def __init__(
        self, players: Players, names: SealedNames, hub: Hub, lobby: Lobby, ring: Callable[[bytes], None]
    ) -> None:
        self._players, self._names, self._ring = players, names, ring
        self._hub, self._lobby = hub, lobby
        self._rung = asyncio.Event()

    async def forget(self, player: UUID) -> bool:
        """Forget `player`. False where there is nobody with this id. Raises StoreUnavailable."""
        forgotten = await self._players.forget(player)
        for each in forgotten:
            self._names.forget(each)
            self._show_no_more(each)
        if forgotten:
            self._ring(FORGOTTEN)
        return bool(forgotten)

    def rung(self) -> None:
        """Somebody was forgotten: look at once."""
        self._rung.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._rung.wait()
            self._rung.clear()
            with contextlib.suppress(StoreUnavailable):
                for player in await self._names.ask_who_is_forgotten():
                    self._show_no_more(player)

    def _show_no_more(self, player: PlayerId) -> None:
        self._hub.forget(player)
        self._lobby.forget(player)
