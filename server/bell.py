"""Redis as far as it is needed here: many messages published at once, and one connection that listens.

Both are redis-py's, but for two shortcuts on the way of every move. What is to be published goes in one
script, with one answer. And the listening connection's bytes are parsed here as they come, by hiredis:
through redis-py's own PubSub each message, the echo of one's own included, costs several times as much.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

import hiredis
import redis.asyncio
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TIMEOUT = 1.0
"""How long Redis may take to connect or to take messages, in seconds."""
CHUNK = 64 * 1024
"""How much is read from the listening connection at once, in bytes."""

PUBLISH = "for i = 1, #KEYS do redis.call('PUBLISH', KEYS[i], ARGV[i]) end"


class BellAway(Exception):
    """Redis does not answer. Nobody knows which messages went out."""


class Heard(NamedTuple):
    """What came through a listening connection: `kind` is b"message", b"subscribe" or b"unsubscribe"."""

    kind: bytes
    channel: bytes
    data: bytes


class Bell:
    """A Redis, which gives up quickly: by default redis-py would wait 5 s, ten times over."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._publish = client.register_script(PUBLISH)

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish every payload on its channel. Raises BellAway."""
        with _away():
            async with asyncio.timeout(TIMEOUT):
                await self._publish(
                    [channel for channel, _ in messages], [payload for _, payload in messages]
                )

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Line"]:
        """A connection that listens. Raises BellAway, at any time that it breaks."""
        with _away():
            connection = self._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            await connection.connect()
            try:
                yield Line(connection)
            finally:
                await connection.disconnect(nowait=True)


class Line:
    """One listening connection. Every method raises BellAway."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._parser = hiredis.Reader()

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        with _away():
            await self._connection.send_command("SUBSCRIBE", *channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        with _away():
            await self._connection.send_command("UNSUBSCRIBE", *channels)

    async def hear(self) -> list[Heard]:
        """What has come, at least one; waits for it."""
        heard: list[Heard] = []
        with _away():
            while not heard:
                stream = self._connection._reader
                data = await stream.read(CHUNK) if stream else b""
                if not data:
                    raise ConnectionError("it was closed")
                self._parser.feed(data)
                while (answer := self._parser.gets()) is not False:
                    if isinstance(answer, Exception):
                        raise answer
                    kind, channel, data = answer
                    heard.append(Heard(kind, channel, data if isinstance(data, bytes) else b""))
        return heard


@contextlib.contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (RedisError, hiredis.HiredisError, OSError, TimeoutError, RuntimeError) as error:
        # RuntimeError: uvloop's word for writing to a connection that was closed just now
        raise BellAway(f"{type(error).__name__}: {error}") from error


@contextlib.asynccontextmanager
async def connect(url: str) -> AsyncIterator[Bell]:
    """The bell at `url`, which need not be there yet."""
    async with redis.asyncio.Redis.from_url(
        url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
    ) as client:
        yield Bell(client)
