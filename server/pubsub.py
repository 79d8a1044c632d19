"""Redis, which only rings the bell: tells other servers of commits and of who is present.

Nothing depends on a message that Redis carries. What is lost on the way is found in the store, so publishing
never waits and never retries, and the listener says RESYNC whenever it may have missed something.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from uuid import UUID, uuid4

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.frame import Frame
from server.game.events import GameId
from server.hub import Hub
from server.messages import Commit

logger = logging.getLogger(__name__)

TIMEOUT = 1.0
"""How long Redis may take to connect or to take a batch of messages, in seconds."""
RECONNECT_DELAY = 0.25
"""How long to wait before connecting again, in seconds."""
WAITING = 10_000
"""How many commits may wait to be published; with more, the oldest are dropped."""

BEAT = 1.0
"""How often the listener is sent a message of its own, in seconds."""
DEAF_AFTER = 3
"""After how many beats in which it heard nothing, its own messages included, the listener connects anew. Not
seconds: a process that itself stood still has heard nothing either."""

PREFIX = b"connect4:"
COMMIT, PRESENCE = b"c", b"p"


def client(url: str) -> redis.asyncio.Redis:
    """A client that gives up quickly: by default it would wait 5 s, ten times over."""
    return redis.asyncio.Redis.from_url(
        url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
    )


def _channel(game: GameId) -> bytes:
    return PREFIX + game.hex.encode()


def _game(channel: bytes) -> GameId:
    return GameId(UUID(hex=channel.removeprefix(PREFIX).decode()))


class Publisher:
    """Sends what it is given from a task of its own, everything that waits in one round trip."""

    def __init__(self, redis: redis.asyncio.Redis) -> None:
        self._redis = redis
        self._commits: deque[tuple[bytes, bytes]] = deque(maxlen=WAITING)
        self._presence: dict[bytes, bytes] = {}  # the latest of each game: it can push out no commit
        self._filled = asyncio.Event()
        self.reachable = True
        """Whether the last attempt got through."""

    def commit(self, commit: Commit) -> None:
        head = b"%b %d %d\n" % (COMMIT, commit.first, commit.last)
        self._commits.append((_channel(commit.game), head + commit.frame.text))
        self._filled.set()

    def presence(self, game: GameId, payload: bytes) -> None:
        self._presence[_channel(game)] = PRESENCE + b"\n" + payload
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            batch = [*self._commits, *self._presence.items()]
            self._commits.clear()
            self._presence.clear()
            pipeline = self._redis.pipeline(transaction=False)
            for channel, payload in batch:
                pipeline.publish(channel, payload)
            try:
                async with asyncio.timeout(TIMEOUT):
                    await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                if self.reachable:
                    logger.warning("cannot publish to Redis", extra={"error": repr(error)})
                self.reachable = False
            else:
                self.reachable = True


class _Deaf(RedisError):
    """The connection looks alive, but nothing comes through it."""


class Listener:
    """Hears of the games that are watched here and hands it to the hub, through one connection.

    A connection can be open and deaf: Redis is stopped, or something on the way forgot it. So the listener
    has a channel of its own, to which it publishes; when it does not even hear itself it connects anew.
    """

    def __init__(
        self,
        redis: redis.asyncio.Redis,
        hub: Hub,
        on_commit: Callable[[Commit], None],
        on_presence: Callable[[GameId, bytes], None],
    ) -> None:
        self._redis, self._hub, self._on_commit, self._on_presence = redis, hub, on_commit, on_presence
        self._own_channel = PREFIX + b"beat:" + uuid4().hex.encode()
        self._heard = True
        self.connected = False

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections."""
        this = asyncio.current_task()
        assert this
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await self._listen(pubsub)
            except* (RedisError, OSError, TimeoutError) as group:
                if self.connected:
                    logger.warning("lost Redis", extra={"error": repr(group.exceptions[0])})
                self.connected = False
            if this.cancelling():
                raise asyncio.CancelledError  # before 3.13 a TaskGroup that an error ends just then forgets
            await asyncio.sleep(RECONNECT_DELAY)

    async def _listen(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(self._own_channel)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_hub(pubsub))
            tasks.create_task(self._beat())
            while True:
                message = await pubsub.get_message(timeout=None)
                if message:
                    self._heard = True
                    self._hear(message["type"], message["channel"], message["data"])

    async def _beat(self) -> None:
        silent = 0
        while silent < DEAF_AFTER:
            self._heard = False
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._redis.publish(self._own_channel, b"")
            await asyncio.sleep(BEAT)
            silent = 0 if self._heard else silent + 1
        raise _Deaf("nothing heard")

    async def _follow_hub(self, pubsub: PubSub) -> None:
        """Keep the connection's subscriptions those of the hub."""
        subscribed: set[GameId] = set()
        changed = set(self._hub.games)
        while True:
            added = {game for game in changed if self._hub.watches(game)} - subscribed
            removed = {game for game in changed if not self._hub.watches(game)} & subscribed
            if added:
                await pubsub.subscribe(*map(_channel, added))
            if removed:
                await pubsub.unsubscribe(*map(_channel, removed))
            subscribed = subscribed - removed | added
            changed = await self._hub.changed_games()

    def _hear(self, kind: str, channel: bytes, data: bytes) -> None:
        if channel == self._own_channel:
            self.connected = True
            return
        game = _game(channel)
        if kind == "subscribe":
            # From here on nothing is missed. What came before may have been.
            self._hub.resync(game)
        elif kind == "message":
            with contextlib.suppress(ValueError):  # not of ours
                head, _, body = data.partition(b"\n")
                if head == PRESENCE:
                    self._on_presence(game, body)
                else:
                    _, first, last = head.split()
                    body.decode()  # a browser would close on what is no UTF-8
                    self._on_commit(Commit(game, int(first), int(last), Frame(body)))
