"""Finds games that need a server while none has them in memory: time is up, or a rematch was not opened.

Every server looks once a second, and loads what it finds: from then on its other processes know the game. Two
that load the same game do no harm, see referee and rematch.
"""

import asyncio
import contextlib

from server.errors import StoreUnavailable
from server.game.events import GameId
from server.handler import Handler
from server.store.read_models import ReadModels

INTERVAL = 1.0
"""Time from one look to the next, in seconds."""
MOST = 100
"""Most games that are loaded at a time; the others wait for the next look."""


class Deadlines:
    """The process."""

    def __init__(self, read_models: ReadModels, handler: Handler) -> None:
        self._read_models, self._handler = read_models, handler

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            with contextlib.suppress(StoreUnavailable):  # the next look finds them
                for game in await self._read_models.due(MOST):
                    await self._handler.load(GameId(game))
