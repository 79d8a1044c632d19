"""Redis, which only rings the bell: tells other servers of commits and of who is present.

Nothing depends on a message that Redis carries. What is lost on the way is found in the store, so publishing
never waits and never retries, and the listener says RESYNC whenever it may have missed something.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from uuid import UUID

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.game.events import GameId
from server.hub import Hub
from server.messages import Commit

logger = logging.getLogger(__name__)

TIMEOUT = 1.0
"""How long Redis may take to connect or to take a batch of messages, in seconds."""
RECONNECT_DELAY = 0.25
"""How long to wait before connecting again, in seconds."""
WAITING = 10_000
"""How many messages may wait to be published; with more, the oldest are dropped."""

PREFIX = b"connect4:"
COMMIT, PRESENCE = b"c", b"p"

Presence = Callable[[GameId, bytes], None]


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
        self._waiting: deque[tuple[bytes, bytes]] = deque(maxlen=WAITING)
        self._filled = asyncio.Event()
        self.reachable = True
        """Whether the last attempt got through."""

    def commit(self, commit: Commit) -> None:
        head = b"%b %d %d\n" % (COMMIT, commit.first, commit.last)
        self._put(commit.game, head + commit.frame.encode())

    def presence(self, game: GameId, payload: bytes) -> None:
        self._put(game, PRESENCE + b"\n" + payload)

    def _put(self, game: GameId, payload: bytes) -> None:
        self._waiting.append((_channel(game), payload))
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            batch = list(self._waiting)
            self._waiting.clear()
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


class Listener:
    """Hears of the games that are watched here and hands it to the hub, through one connection."""

    def __init__(self, redis: redis.asyncio.Redis, hub: Hub, on_presence: Presence) -> None:
        self._redis, self._hub, self._on_presence = redis, hub, on_presence
        self.connected = False

    async def run(self) -> None:
        """Listen until cancelled, through any number of connections."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await self._listen(pubsub)
            except* (RedisError, OSError, TimeoutError) as group:
                if self.connected:
                    logger.warning("lost Redis", extra={"error": repr(group.exceptions[0])})
                self.connected = False
            await asyncio.sleep(RECONNECT_DELAY)

    async def _listen(self, pubsub: PubSub) -> None:
        # The server's own channel comes first: a connection with no subscription has nothing to wait for.
        await pubsub.subscribe(PREFIX)
        self.connected = True
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_hub(pubsub))
            while True:
                message = await pubsub.get_message(timeout=None)
                if message:
                    self._hear(message["type"], message["channel"], message["data"])

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
        if channel == PREFIX:
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
                    self._hub.deliver(Commit(game, int(first), int(last), body.decode()))
