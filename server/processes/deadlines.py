"""Finds games that need a server while none has them in memory: time is up, or a rematch was not opened.

Every server looks once a second, and reads what it finds: from then on its other processes know the game. Two
that read the same game do no harm, see referee and rematch. A deadline that stays, as where downtime is given
back, is looked at more and more seldom, so that it holds up no other.
"""

import asyncio
import contextlib
from typing import NamedTuple

from server.errors import StoreUnavailable
from server.game.events import GameId
from server.handler import Handler
from server.store.read_models import Due, ReadModels

INTERVAL = 1.0
"""Time from one look to the next, in seconds."""
MOST = 100
"""Most games that are read at a time; the others wait for the next look."""
FIRST_PAUSE, LONGEST_PAUSE = 4.0, 256.0
"""Pauses after the first look at a deadline, and at most, in seconds: each is twice the one before."""


class Look(NamedTuple):
    """A deadline was looked at, and is again from `again_at` on, `pause` after that. In seconds."""

    again_at: float
    pause: float


class Deadlines:
    """The process."""

    def __init__(self, read_models: ReadModels, handler: Handler) -> None:
        self._read_models, self._handler = read_models, handler
        self._looks: dict[Due, Look] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            with contextlib.suppress(StoreUnavailable):  # the next look finds them
                await self._look(asyncio.get_running_loop().time())

    async def _look(self, now: float) -> None:
        if self._looks:
            kept = {due: look for due, look in self._looks.items() if now < look.again_at + look.pause}
            self._looks = kept
        passed_over = [due for due, look in self._looks.items() if now < look.again_at]
        for due in await self._read_models.due(MOST, passed_over):
            await self._handler.read_anew(GameId(due.game))
            before = self._looks.get(due)
            pause = min(2 * before.pause, LONGEST_PAUSE) if before else FIRST_PAUSE
            self._looks[due] = Look(now + pause, pause)
