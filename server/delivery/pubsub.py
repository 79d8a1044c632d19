"""The messages between servers: commits, and who is present.

Nothing depends on a message. What is lost on the way is found in the store, so publishing never waits and
never retries, and the listener asks the store whenever it may have missed something.
"""

import asyncio
import contextlib
import logging
from binascii import hexlify
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import islice
from time import perf_counter_ns
from types import MappingProxyType
from typing import Protocol
from uuid import UUID, uuid4

from server.delivery.connection import BEATS, GAP, LOST
from server.delivery.hub import Hub
from server.errors import BellUnavailable, StoreUnavailable
from server.game.events import GameId
from server.metrics import BELL, PUBLISHES, Metrics
from server.outage import Outage
from server.wire.frame import Frame
from server.wire.messages import Commit

logger = logging.getLogger(__name__)

RECONNECT_DELAY = 0.25
"""Pause before connecting again, in seconds."""
WAITING = 10_000
"""Most commits that wait to be published; beyond, the oldest are dropped."""
AT_ONCE = 500
"""Most messages that are published at once: Redis does nothing else meanwhile."""
GATHER = 0.02
"""Time for which confirmed subscriptions are gathered before the store is asked about them, in seconds."""
ASK_AGAIN = 0.5
"""Pause before a store that was away is asked again, in seconds."""

BEAT = 1.0
"""Time between two messages of the listener's own, in seconds."""
DEAF_AFTER = 3
"""Number of beats in a row in which the listener heard nothing, its own messages included, before it connects
anew. Not seconds: a process that itself stood still has heard nothing either."""

RING_INTERVAL = 0.05
"""Least time between two bells of the log, in seconds."""

PREFIX = b"connect4:"
COMMIT, PRESENCE = b"c", b"p"
LOG = PREFIX + b"log"
"""The channel of the log's bell: one short message where any number of commits have been made."""
FORGOTTEN = PREFIX + b"forgotten"
"""The channel of the bell that rings when a player was forgotten."""

LOBBY = PREFIX + b"lobby"
"""The channel of the bell that rings when what the lobby shows may have changed."""
ASK_ONLINE, ONLINE = PREFIX + b"ask-online", PREFIX + b"online"
"""The channel of the bell with which a server asks who is there, and that of the answers."""


class Line(Protocol):
    """A connection that listens, as server.delivery.bell.Line."""

    async def subscribe(self, channels: Sequence[bytes]) -> None: ...

    async def unsubscribe(self, channels: Sequence[bytes]) -> None: ...

    async def hear(self) -> Sequence[Sequence[bytes]]: ...  # each the fields of a Heard


class Bell(Protocol):
    """Carries messages, as server.delivery.bell.Bell. Raises BellUnavailable."""

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None: ...

    def listening(self) -> AbstractAsyncContextManager[Line]: ...


def _channel(game: GameId) -> bytes:
    return b"%b%032x" % (PREFIX, game.int)  # UUID.hex, as bytes


def _game(channel: bytes) -> GameId:
    return GameId(UUID(hex=channel.removeprefix(PREFIX).decode()))


def _bytes(hex: bytes) -> bytes | None:
    return bytes.fromhex(hex.decode()) if hex else None


class Publisher:
    """Sends what it is given from a task of its own, what waits at the same moment together.

    `origin` is this process's name on the bell, by which its listener knows what it need not hear.
    """

    def __init__(self, bell: Bell, origin: bytes, metrics: Metrics, outage: Outage) -> None:
        self._bell, self._head = bell, b"%b %b" % (COMMIT, origin)
        self._metrics, self._outage = metrics, outage
        self._commits: deque[tuple[bytes, bytes]] = deque(maxlen=WAITING)
        self._presence: dict[bytes, bytes] = {}  # the latest of each game: it can push out no commit
        self._bells: set[bytes] = set()
        self._told: dict[bytes, bytes] = {}
        self._filled = asyncio.Event()
        self._rang_at = float("-inf")

    def commit(self, commit: Commit) -> None:
        frame, before, hash = commit.frame, commit.before, commit.hash
        if commit.stored:  # without its hash others read it from the store, and open the names themselves
            frame, before, hash = commit.stored, None, None
        message = b"%b/%b/%b %d %d\n%b" % (
            self._head,
            hexlify(before) if before else b"",
            hexlify(hash) if hash else b"",  # servers of release 0.2.0 take the hashes for a part of the name
            commit.first,
            commit.last,
            frame.text,
        )
        if not self._commits:
            self._filled.set()
        self._commits.append((_channel(commit.game), message))

    def ring(self, channel: bytes) -> None:
        """Ring the bell of this channel on every server: an empty message, which says to look."""
        self._bells.add(channel)
        self._filled.set()

    def tell(self, channel: bytes, payload: bytes) -> None:
        """Send `payload` to every server. What waits on the channel is replaced."""
        self._told[channel] = payload
        self._filled.set()

    def presence(self, game: GameId, payload: bytes) -> None:
        self._presence[_channel(game)] = PRESENCE + b"\n" + payload
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
        self._own = b"%b %b/" % (COMMIT, origin), b'%b\n{"server":"%b"' % (PRESENCE, origin)
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
                await line.subscribe([_channel(game) for game in added])
            if removed:
                await line.unsubscribe([_channel(game) for game in removed])
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
                    self._on_presence(_game(channel), body)
                elif channel == self._own_channel:
                    self.connected = True
                    self._outage.succeeded()
                    self._metrics.observe(BELL, perf_counter_ns() - self._beat_at)
                else:
                    _, origin, first, last = head.split()
                    _, before, hash = origin.split(b"/") if b"/" in origin else (b"", b"", b"")
                    body.decode()  # a browser would close on what is no UTF-8
                    commit = Commit(
                        _game(channel), int(first), int(last), Frame(body), _bytes(before), _bytes(hash)
                    )
                    self._on_commit(commit)
        elif kind == b"subscribe" and channel != self._own_channel:
            # From here on nothing is missed. What came before may have been.
            game = _game(channel)
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
