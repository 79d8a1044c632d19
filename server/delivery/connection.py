"""One connection to a Redis: made and introduced by redis-py, and from then on read and written here.

Through redis-py a publish takes twice as long, and each message that is heard several times as long.
"""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, cast

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from server.delivery.address import Connect, Place
from server.errors import BellUnavailable

TIMEOUT = 1.0
"""Longest time for connecting to Redis, or for publishing, in seconds."""

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


class Connection(asyncio.Protocol):
    """One of redis-py's that is connected and introduced, from then on read and written past it."""

    def __init__(self, connection: AbstractConnection) -> None:
        assert connection._reader
        assert connection._writer
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._parser = hiredis.Reader(notEnoughData=_NO_MORE)
        self._arrived: list[Any] = []
        """The answers and messages that nobody has taken yet."""
        self._waiter: asyncio.Future[None] | None = None
        """Ended when something arrives, or when the connection is lost."""
        self._lost: Exception | None = (
            ConnectionError("it was closed") if connection._reader.at_eof() else None
        )
        """Why it is lost, if it is."""
        self._transport = cast(asyncio.Transport, connection._writer.transport)
        self._transport.set_protocol(self)

    def send(self, *command: bytes | str | int) -> None:
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    def send_all(self, commands: Iterable[tuple[bytes, ...]]) -> None:
        """Send several commands in one write."""
        packed = [hiredis.pack_command(command) for command in commands]  # type: ignore[arg-type]
        self._transport.write(b"".join(packed))

    async def answers(self, *, errors: bool = False) -> list[Any]:
        """The messages that have arrived; waits for at least one. With `errors` they may be errors, which are
        raised otherwise."""
        while not self._arrived:
            if self._lost:
                raise self._lost
            self._waiter = self._loop.create_future()
            await self._waiter
        answers, self._arrived = self._arrived, []
        if not errors:
            for answer in answers:
                if type(answer) is hiredis.ReplyError:
                    raise answer
        return answers

    async def ask(self, *command: bytes | str | int) -> Any:
        """Send `command` and wait for its one answer, for TIMEOUT at most."""
        limit = self._loop.call_later(TIMEOUT, self._give_up)
        try:
            self.send(*command)
            return (await self.answers())[0]
        finally:
            limit.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed(data)
            self._arrived += iter(self._parser.gets, _NO_MORE)
        except hiredis.HiredisError as error:
            self._lose(error)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose(exc or ConnectionError("it was closed"))
        self._wake()

    def _give_up(self) -> None:
        self._lose(TimeoutError("it did not answer in time"))

    def _lose(self, why: Exception) -> None:
        self._lost = self._lost or why
        self._transport.abort()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def place(self) -> Place:
        """The host and the port that it is connected to."""
        return getattr(self._connection, "host", "localhost"), getattr(self._connection, "port", 0)

    def abort(self) -> None:
        """Have whoever reads fail at once."""
        self._transport.abort()

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
