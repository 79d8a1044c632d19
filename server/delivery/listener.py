"""Hears what other servers tell of the games that are watched here."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from time import perf_counter_ns
from types import MappingProxyType
from uuid import uuid4

from server.delivery.connection import BEATS, GAP, LOST
from server.delivery.hub import Hub
from server.delivery.pubsub import PRESENCE, Bell, Line, channel_of, game_of, head_of, read
from server.errors import BellUnavailable, StoreUnavailable
from server.game.events import GameId
from server.metrics import BELL, Metrics
from server.outage import Outage
from server.wire.commits import Commit

RECONNECT_DELAY = 0.25
"""Pause before connecting again, in seconds."""
GATHER = 0.02
"""Time for which confirmed subscriptions are gathered before the store is asked about them, in seconds."""
ASK_AGAIN = 0.5
"""Pause before a store that was away is asked again, in seconds."""
BEAT = 1.0
"""Time between two messages of the listener's own, in seconds."""
DEAF_AFTER = 3
"""Number of beats in a row in which the listener heard nothing, its own messages included, before it connects
anew. Not seconds: a process that itself stood still has heard nothing either."""


class Listener:
    """Receives what other servers tell of the games that are watched here, through one connection.

    A connection can be open and deaf: Redis is stopped, or something on the way forgot it. So the listener
    has a channel of its own, to which it publishes; when it does not even hear itself it connects anew.
    """

    def __init__(
        self,
        bell: Bell,
        origin: bytes,
        hub: Hub,
        on_commit: Callable[[Commit], None],
        on_presence: Callable[[GameId, bytes], None],
        on_bell: Mapping[bytes, Callable[[], None]],
        metrics: Metrics,
        outage: Outage,
        on_told: Mapping[bytes, Callable[[bytes], None]] = MappingProxyType({}),
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_lost` is called when messages no longer get through."""
        self._on_told, self._on_lost = on_told, on_lost
        self._metrics, self._outage, self._on_bell = metrics, outage, on_bell
        self._bell, self._hub, self._on_commit, self._on_presence = bell, hub, on_commit, on_presence
        self._own = head_of(origin) + b"/", b'%b\n{"server":"%b"' % (PRESENCE, origin)
        """The beginnings of this process's own messages."""
        self._own_channel = BEATS + uuid4().hex.encode()
        self._heard = True
        self._beat_at = 0
        self._unconfirmed: set[GameId] = set()
        self._confirmed: set[GameId] = set()
        self._all_confirmed = asyncio.Event()
        self.connected = False
        """True if messages get through Redis: it hears what it publishes itself."""

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections."""
        this = asyncio.current_task()
        assert this
        while True:
            try:
                async with self._bell.listening() as line:
                    await self._listen(line)
            except* BellUnavailable as group:
                self._lose(_first(group))
            if this.cancelling():
                raise asyncio.CancelledError  # before 3.13 a TaskGroup that an error ends just then forgets
            await asyncio.sleep(RECONNECT_DELAY)

    async def _listen(self, line: Line) -> None:
        await line.subscribe([self._own_channel, *self._on_bell, *self._on_told])
        self._unconfirmed.clear()
        self._confirmed.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_hub(line))
            tasks.create_task(self._catch_up())
            tasks.create_task(self._beat())
            while True:
                for kind, channel, data in await line.hear():
                    self._hear(kind, channel, data)
                self._heard = True

    async def _beat(self) -> None:
        silent = 0
        while silent < DEAF_AFTER:
            self._heard = False
            self._beat_at = perf_counter_ns()
            try:
                await self._bell.publish([(self._own_channel, b"")])
            except BellUnavailable as error:
                self._lose(error)
            await asyncio.sleep(BEAT)
            silent = 0 if self._heard else silent + 1
        raise BellUnavailable("nothing is heard any more")

    def _lose(self, error: Exception) -> None:
        self.connected = False
        self._outage.failed(error)
        self._on_lost()

    async def _follow_hub(self, line: Line) -> None:
        """Keep the connection's subscriptions those of the hub."""
        subscribed: set[GameId] = set()
        changed = self._hub.games()
        while True:
            added = {game for game in changed if self._hub.watches(game)} - subscribed
            removed = {game for game in changed if not self._hub.watches(game)} & subscribed
            if added:
                self._unconfirmed |= added
                await line.subscribe([channel_of(game) for game in added])
            if removed:
                await line.unsubscribe([channel_of(game) for game in removed])
            subscribed = subscribed - removed | added
            changed = await self._hub.changed_games()

    async def _catch_up(self) -> None:
        """Have those games read that moved before they were subscribed to. One query finds them for all that
        are confirmed at about the same time, as after a reconnect."""
        while True:
            await self._all_confirmed.wait()
            await asyncio.sleep(GATHER)
            self._all_confirmed.clear()
            confirmed, self._confirmed = self._confirmed, set()
            heads = self._hub.heads()
            try:
                await self._hub.resync_moved({game: heads[game] for game in confirmed if game in heads})
            except StoreUnavailable:
                self._confirmed |= confirmed
                self._all_confirmed.set()
                await asyncio.sleep(ASK_AGAIN)

    def _hear(self, kind: bytes, channel: bytes, data: bytes) -> None:
        if channel in self._on_bell:  # rung, or subscribed to: it may have been rung before
            self._on_bell[channel]()
        elif channel in self._on_told:
            if kind == b"message":
                self._on_told[channel](data)
        elif kind == b"message":
            if data.startswith(self._own):
                return  # who watches here has it already
            with contextlib.suppress(ValueError):  # not of ours
                head, _, body = data.partition(b"\n")
                if head == PRESENCE:
                    self._on_presence(game_of(channel), body)
                elif channel == self._own_channel:
                    self.connected = True
                    self._outage.succeeded()
                    self._metrics.observe(BELL, perf_counter_ns() - self._beat_at)
                else:
                    self._on_commit(read(channel, head, body))
        elif kind == b"subscribe" and channel != self._own_channel:
            # From here on nothing is missed. What came before may have been.
            game = game_of(channel)
            self._unconfirmed.discard(game)
            self._confirmed.add(game)
            if not self._unconfirmed:
                self._all_confirmed.set()
        elif kind == LOST:  # a node of a cluster is away, and the others go on
            self._lose(BellUnavailable(data.decode()))
        elif kind == GAP:
            self._on_lost()


def _first(group: ExceptionGroup[BellUnavailable]) -> Exception:
    """The first error in a group, which may be of groups."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
