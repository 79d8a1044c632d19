"""The Redis of `REDIS_URL`: a single one, or a Redis Cluster, which is recognised."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import hiredis

from server.delivery import address
from server.delivery.address import Address, Connect
from server.delivery.cluster import Cluster
from server.delivery.connection import TIMEOUT, Connection, away, connected
from server.errors import BellUnavailable

OLDEST_CLUSTER = 7
"""The first major release whose clusters know sharded pub/sub; an older one is used through one of its nodes,
since there a message comes to all of them."""

PUBLISH = "local n = #ARGV / 2 for i = 1, n do redis.call('PUBLISH', ARGV[i], ARGV[n + i]) end"
"""A script for channels and then as many payloads, with one answer for all of them."""


class Bell:
    """A single Redis, which gives up quickly: by default redis-py would wait 5 s, ten times over."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._publishing: Connection | None = None
        self._turn = asyncio.Lock()

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish every payload on its channel. Raises BellUnavailable."""
        with away():
            if self._publishing and not self._turn.locked():
                await self._publish(messages)  # an answer that does not come in time ends by itself
            else:
                async with asyncio.timeout(TIMEOUT):
                    await self._publish(messages)

    async def _publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        channels, payloads = zip(*messages, strict=True)
        async with self._turn:
            if self._publishing is None:
                self._publishing = await connected(self._connect)
            try:
                await self._publishing.ask(b"EVAL", PUBLISH, 0, *channels, *payloads)
            except BaseException:  # an answer may be still to come, and would be taken for the next one's
                await self.close()
                raise

    async def close(self) -> None:
        """Close the connection that publishes. The next publish opens another."""
        connection, self._publishing = self._publishing, None
        if connection:
            await connection.close()


class Line:
    """One listening connection. Every method raises BellUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        with away():
            self._connection.send(b"SUBSCRIBE", *channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        with away():
            self._connection.send(b"UNSUBSCRIBE", *channels)

    async def hear(self) -> Sequence[Sequence[bytes]]:
        """The messages that have arrived, each as the fields of a Heard; waits for at least one. In place of
        the data a confirmation has a number."""
        with away():
            return await self._connection.answers()


class Publish(Protocol):
    """Publishes every payload on its channel. Raises BellUnavailable."""

    async def __call__(self, messages: Sequence[tuple[bytes, bytes]]) -> None: ...


class Redis:
    """Whatever is at an address. Which kind it is becomes known, each time anew, when it is listened to."""

    def __init__(self, address: Address) -> None:
        self._address, self._bell = address, Bell(address)
        self.publish: Publish = self._bell.publish

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Line | Cluster]:
        """A line that listens. Raises BellUnavailable, at any time that it breaks."""
        with away():
            connection = await self._connected()
            try:
                if not await _is_cluster(connection):
                    if len(self._address.places) > 1:
                        raise BellUnavailable("of several hosts, each has to be a node of one Redis Cluster")
                    self.publish = self._bell.publish
                    yield Line(connection)
                    return
            finally:
                await connection.close()
            await self._bell.close()
        cluster = Cluster(self._address)
        self.publish = cluster.publish
        async with cluster.listening() as line:
            yield line

    async def close(self) -> None:
        await self._bell.close()

    async def _connected(self) -> Connection:
        """A connection to the first of the hosts that answers."""
        for _ in self._address.places[1:]:
            with contextlib.suppress(BellUnavailable), away():
                return await connected(self._address)
        return await connected(self._address)


async def _is_cluster(connection: Connection) -> bool:
    """True if what is connected is a node of a cluster with sharded pub/sub. It takes no right to ask."""
    try:
        async with asyncio.timeout(TIMEOUT):
            answer = await connection.ask(b"HELLO")
    except hiredis.ReplyError:  # before Redis 6.2
        return False
    about = dict(zip(answer[::2], answer[1::2], strict=True))
    return about.get(b"mode") == b"cluster" and int(about[b"version"].split(b".")[0]) >= OLDEST_CLUSTER


def check_address(url: str) -> None:
    """Return if a Redis might be at `url`. Raises BadAddress."""
    address.parse(url, TIMEOUT)


@contextlib.asynccontextmanager
async def connect(url: str) -> AsyncIterator[Redis]:
    """The Redis at `url`, which need not be there yet. Raises BadAddress."""
    redis = Redis(address.parse(url, TIMEOUT))
    try:
        yield redis
    finally:
        await redis.close()
