"""One connection to a Redis: made and introduced by redis-py, and from then on read and written here.

Through redis-py a publish takes twice as long, and each message that is heard several times as long.
"""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from server.delivery.address import Connect, Place
from server.errors import BellUnavailable

TIMEOUT = 1.0
"""Longest time for connecting to Redis, or for publishing, in seconds."""
CHUNK = 64 * 1024
"""Most bytes that are read from the listening connection at once."""

MESSAGE, SUBSCRIBE = b"message", b"subscribe"
LOST = b"lost"
"""Said by a line of itself: nothing is heard through a part of it; the data is the reason."""
GAP = b"gap"
"""Said by a line of itself: a part of it may have missed something, and is subscribed to again."""

_NO_MORE = object()
"""Said by the parser where it has no whole answer left."""

BEATS = b"connect4:beat:"
"""The beginning of a channel's name on which a listener hears itself. In a cluster such a channel is on every
node, and a message on it is heard when all of them have carried it."""


class Heard(NamedTuple):
    """A message of a listening connection. `kind` is Redis' word for it, or one of those above."""

    kind: bytes
    channel: bytes
    data: bytes


class Connection:
    """One of redis-py's that is connected and introduced, from then on read and written past it."""

    def __init__(self, connection: AbstractConnection) -> None:
        assert connection._reader
        assert connection._writer
        self._connection, self._reader, self._writer = connection, connection._reader, connection._writer
        self._parser = hiredis.Reader(notEnoughData=_NO_MORE)

    def send(self, *command: bytes | str | int) -> None:
        self._writer.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    def send_all(self, commands: Iterable[tuple[bytes, ...]]) -> None:
        """Send several commands in one write."""
        packed = [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]
        self._writer.write(b"".join(packed))

    async def answers(self, *, errors: bool = False) -> list[Any]:
        """The messages that have arrived; waits for at least one. With `errors` they may be errors, which are
        raised otherwise."""
        answers: list[Any] = []
        while not answers:
            data = await self._reader.read(CHUNK)
            if not data:
                raise ConnectionError("it was closed")
            self._parser.feed(data)
            answers += iter(self._parser.gets, _NO_MORE)
        if not errors:
            for answer in answers:
                if type(answer) is hiredis.ReplyError:
                    raise answer
        return answers

    async def ask(self, *command: bytes | str | int) -> Any:
        """Send `command` and wait for its one answer."""
        self.send(*command)
        return (await self.answers())[0]

    @property
    def place(self) -> Place:
        """The host and the port that it is connected to."""
        return getattr(self._connection, "host", "localhost"), getattr(self._connection, "port", 0)

    def abort(self) -> None:
        """Have whoever reads fail at once."""
        self._writer.transport.abort()

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)


async def connected(connect: Connect) -> Connection:
    """A new connection."""
    connection = connect()
    await connection.connect()  # type: ignore[no-untyped-call]
    this = asyncio.current_task()
    if this and this.cancelling():  # before Python 3.12, asyncio.wait_for may lose that, and redis-py uses it
        await connection.disconnect(nowait=True)
        raise asyncio.CancelledError
    return Connection(connection)


_AWAY = (RedisError, hiredis.HiredisError, OSError, TimeoutError, RuntimeError)
"""Errors of a Redis that is away. RuntimeError is uvloop's word for writing to a connection that was closed
just now."""


class away:
    """Has what goes wrong with a connection raised as BellUnavailable."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, _AWAY):
            raise BellUnavailable(f"{type(error).__name__}: {error}") from error
