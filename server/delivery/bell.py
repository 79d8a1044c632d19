"""Redis as far as it is needed here: many messages published at once, and one connection that listens.

Both connections are redis-py's, which knows how to make and introduce them; from then on they are read and
written here, with hiredis, because both are on the way of every move. What is to be published goes in one
script, with one answer: through redis-py that takes twice as long, and each message that is heard, the echo
of one's own included, several times as long.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, NamedTuple

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from server.delivery import address
from server.delivery.address import Connect
from server.errors import BellUnavailable

TIMEOUT = 1.0
"""Longest time for connecting to Redis, or for publishing, in seconds."""
CHUNK = 64 * 1024
"""Most bytes that are read from the listening connection at once."""

PUBLISH = "local n = #ARGV / 2 for i = 1, n do redis.call('PUBLISH', ARGV[i], ARGV[n + i]) end"
"""A script for channels and then as many payloads. None of them is a key: in a Redis Cluster the keys of a
script have to be on one node, while a message comes to all nodes from whichever it is published on."""


class Heard(NamedTuple):
    """A message of a listening connection: `kind` is b"message", b"subscribe" or b"unsubscribe"."""

    kind: bytes
    channel: bytes
    data: bytes


class Bell:
    """A Redis, which gives up quickly: by default redis-py would wait 5 s, ten times over."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._publishing: _Connection | None = None
        self._turn = asyncio.Lock()

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish every payload on its channel. Raises BellUnavailable."""
        channels, payloads = zip(*messages, strict=True)
        with _away():
            async with asyncio.timeout(TIMEOUT), self._turn:
                if self._publishing is None:
                    self._publishing = await _connected(self._connect)
                try:
                    await self._publishing.ask(b"EVAL", PUBLISH, 0, *channels, *payloads)
                except BaseException:  # an answer may be still to come, and would be taken for the next one's
                    await self.close()
                    raise

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Line"]:
        """A connection that listens. Raises BellUnavailable, at any time that it breaks."""
        with _away():
            connection = await _connected(self._connect)
            try:
                yield Line(connection)
            finally:
                await connection.close()

    async def close(self) -> None:
        """Close the connection that publishes. The next publish opens another."""
        connection, self._publishing = self._publishing, None
        if connection:
            await connection.close()


class Line:
    """One listening connection. Every method raises BellUnavailable."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        with _away():
            self._connection.send(b"SUBSCRIBE", *channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        with _away():
            self._connection.send(b"UNSUBSCRIBE", *channels)

    async def hear(self) -> list[Heard]:
        """The messages that have arrived; waits for at least one."""
        with _away():
            return [
                Heard(kind, channel, data if isinstance(data, bytes) else b"")
                for kind, channel, data in await self._connection.answers()
            ]


class _Connection:
    """One of redis-py's that is connected and introduced, from then on read and written past it."""

    def __init__(self, connection: AbstractConnection) -> None:
        assert connection._reader
        assert connection._writer
        self._connection, self._reader, self._writer = connection, connection._reader, connection._writer
        self._parser = hiredis.Reader()

    def send(self, *command: bytes | str | int) -> None:
        self._writer.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    async def answers(self) -> list[Any]:
        """The messages that have arrived; waits for at least one."""
        answers: list[Any] = []
        while not answers:
            data = await self._reader.read(CHUNK)
            if not data:
                raise ConnectionError("it was closed")
            self._parser.feed(data)
            while (answer := self._parser.gets()) is not False:
                if isinstance(answer, Exception):
                    raise answer
                answers.append(answer)
        return answers

    async def ask(self, *command: bytes | str | int) -> None:
        """Send `command` and wait for its one answer."""
        self.send(*command)
        await self.answers()

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)


async def _connected(connect: Connect) -> _Connection:
    connection = connect()
    await connection.connect()  # type: ignore[no-untyped-call]
    this = asyncio.current_task()
    if this and this.cancelling():  # before Python 3.12, asyncio.wait_for may lose that, and redis-py uses it
        await connection.disconnect(nowait=True)
        raise asyncio.CancelledError
    return _Connection(connection)


@contextlib.contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (RedisError, hiredis.HiredisError, OSError, TimeoutError, RuntimeError) as error:
        # RuntimeError: uvloop's word for writing to a connection that was closed just now
        raise BellUnavailable(f"{type(error).__name__}: {error}") from error


def check_address(url: str) -> None:
    """Return if a Redis might be at `url`. Raises BadAddress."""
    address.parse(url, TIMEOUT)


@contextlib.asynccontextmanager
async def connect(url: str) -> AsyncIterator[Bell]:
    """The bell at `url`, which need not be there yet. Raises BadAddress."""
    bell = Bell(address.parse(url, TIMEOUT))
    try:
        yield bell
    finally:
        await bell.close()
