"""Connections to Redis, as far as it takes no Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import hiredis
import pytest

from server.delivery import address
from server.delivery import connection as connections
from server.delivery.bell import Bell
from server.delivery.connection import Connection
from server.errors import BellUnavailable
from tests.support.player import PATIENCE


class Deaf:
    """A connection that is made although it is cancelled, as redis-py's are in Python 3.11 when both happen
    at once: `asyncio.wait_for` returns what it waited for."""

    def __init__(self) -> None:
        self.connecting = asyncio.Event()
        self.closed = False
        self._reader = self._writer = object()

    async def connect(self) -> None:
        self.connecting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def disconnect(self, nowait: bool = False) -> None:
        self.closed = True


async def test_a_task_that_is_cancelled_while_it_connects_ends() -> None:
    connection: Any = Deaf()
    task = asyncio.create_task(Bell(lambda: connection).publish([(b"channel", b"")]))
    await connection.connecting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert connection.closed


class Server:
    """A Redis that lets a client introduce itself, and from then on says only what a test has it say."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        """A connection to it."""
        async with await asyncio.start_server(self._on_connected, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connection = await connections.connected(address.parse(f"redis://127.0.0.1:{port}", 5))
            try:
                yield connection
            finally:
                await connection.close()
                self._writer.close()

    def say(self, bytes: bytes) -> None:
        self._writer.write(bytes)

    def leave(self) -> None:
        self._writer.close()

    async def _on_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer, commands = writer, hiredis.Reader()
        while data := await reader.read(1024):
            commands.feed(data)
            while command := commands.gets():
                if command[0] == b"CLIENT":
                    writer.write(b"+OK\r\n")


async def test_answers_that_come_in_pieces_and_together_are_read_whole_and_in_their_order() -> None:
    server = Server()
    async with server.connected() as connection:
        server.say(b"$6\r\nfir")
        asyncio.get_running_loop().call_later(0.01, server.say, b"st!\r\n:2\r\n")
        taken: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while len(taken) < 2:
                taken += await connection.answers()
    assert taken == [b"first!", 2]


async def test_what_came_before_a_connection_ended_is_still_read() -> None:
    server = Server()
    async with server.connected() as connection:
        server.say(b":1\r\n")
        server.leave()
        async with asyncio.timeout(PATIENCE):
            assert await connection.answers() == [1]
            with pytest.raises(ConnectionError):
                await connection.answers()


async def test_an_answer_that_does_not_come_in_time_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Server().connected() as connection, asyncio.timeout(PATIENCE):
        monkeypatch.setattr(connections, "TIMEOUT", 0.01)
        with pytest.raises(TimeoutError, match="in time"):
            await connection.ask(b"EVAL")
        with pytest.raises(TimeoutError, match="in time"):
            await connection.answers()


async def test_what_is_no_redis_ends_the_connection() -> None:
    server = Server()
    async with server.connected() as connection, asyncio.timeout(PATIENCE):
        server.say(b"HTTP/1.1 400 Bad Request\r\n")
        with pytest.raises(BellUnavailable, match="ProtocolError"), connections.away():
            await connection.answers()
