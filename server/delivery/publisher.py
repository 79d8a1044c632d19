"""Tells other servers of commits and of who is present, without waiting for anybody."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from server.delivery.pubsub import LOG, PRESENCE, Bell, channel_of, head_of, written
from server.errors import BellUnavailable
from server.game.events import GameId
from server.metrics import PUBLISHES, Metrics
from server.outage import Outage
from server.wire.commits import Commit

WAITING = 10_000
"""Most commits that wait to be published; beyond, the oldest are dropped."""
AT_ONCE = 500
"""Most messages that are published at once: Redis does nothing else meanwhile."""
RING_INTERVAL = 0.05
"""Least time between two bells of the log, in seconds."""


class Publisher:
    """Sends what it is given from a task of its own, what waits at the same moment together.

    `origin` is this process's name on the bell, by which its listener knows what it need not hear.
    """

    def __init__(self, bell: Bell, origin: bytes, metrics: Metrics, outage: Outage) -> None:
        self._bell, self._head = bell, head_of(origin)
        self._metrics, self._outage = metrics, outage
        self._commits: deque[tuple[bytes, bytes]] = deque(maxlen=WAITING)
        self._presence: dict[bytes, bytes] = {}  # the latest of each game: it can push out no commit
        self._bells: set[bytes] = set()
        self._told: dict[bytes, bytes] = {}
        self._filled = asyncio.Event()
        self._rang_at = float("-inf")

    def commit(self, commit: Commit) -> None:
        if not self._commits:
            self._filled.set()
        self._commits.append((channel_of(commit.game), written(self._head, commit)))

    def ring(self, channel: bytes) -> None:
        """Ring the bell of this channel on every server: an empty message, which says to look."""
        self._bells.add(channel)
        self._filled.set()

    def tell(self, channel: bytes, payload: bytes) -> None:
        """Send `payload` to every server. What waits on the channel is replaced."""
        self._told[channel] = payload
        self._filled.set()

    def presence(self, game: GameId, payload: bytes) -> None:
        self._presence[channel_of(game)] = PRESENCE + b"\n" + payload
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            bells = [*((channel, b"") for channel in self._bells), *self._told.items()]
            waiting = iter([*self._commits, *self._bell_of_the_log(), *bells, *self._presence.items()])
            self._commits.clear()
            self._bells.clear()
            self._told.clear()
            self._presence.clear()
            while batch := list(islice(waiting, AT_ONCE)):
                await self._publish(batch)

    def _bell_of_the_log(self) -> list[tuple[bytes, bytes]]:
        now = asyncio.get_running_loop().time()
        if not self._commits or now - self._rang_at < RING_INTERVAL:
            return []
        self._rang_at = now
        return [(LOG, b"")]

    async def _publish(self, batch: Sequence[tuple[bytes, bytes]]) -> None:
        self._metrics.counts[PUBLISHES] += 1
        try:
            await self._bell.publish(batch)
        except BellUnavailable as error:
            self._outage.failed(error)
