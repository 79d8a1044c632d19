"""A player whose answers and frames are all recorded, in both directions."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

from tests.support.player import Api, Json, Socket, client


@dataclass
class Record:
    """Everything that went over the wire, in order."""

    answers: list[httpx.Response] = field(default_factory=list)
    """Answers; each holds its request."""
    sent: list[str | bytes] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    closed: set[int] = field(default_factory=set)
    """The codes that sockets were closed with."""
    refused: set[int] = field(default_factory=set)
    """The statuses that handshakes were answered with where no socket was opened."""


class WatchedSocket(Socket):
    def __init__(self, connection: websockets.ClientConnection, record: Record) -> None:
        super().__init__(connection)
        self._record = record

    async def send(self, **message: Any) -> None:
        await self.send_raw(json.dumps(message))

    async def send_raw(self, frame: str | bytes) -> None:
        self._record.sent.append(frame)
        await super().send_raw(frame)

    async def end(self) -> None:
        """Close, and record everything that came, whether the test heard it or not."""
        await self.connection.close()
        self._record.closed.add(await self.hear_close())
        self._record.heard += self.heard


class WatchedApi(Api):
    def __init__(self, url: str, client: httpx.AsyncClient, record: Record) -> None:
        super().__init__(url, client)
        self._record = record

    @contextlib.asynccontextmanager
    async def connect(
        self, game: str, after: int | str | None = None, **options: Any
    ) -> AsyncIterator[Socket]:
        try:
            async with super().connect(game, after, **options) as plain:
                socket = WatchedSocket(plain.connection, self._record)
                yield socket
                await socket.end()
        except websockets.InvalidStatus as refusal:
            self._record.refused.add(refusal.response.status_code)
            raise


@contextlib.asynccontextmanager
async def watched(url: str, record: Record) -> AsyncIterator[WatchedApi]:
    """The server at `url`; everything that is said is added to `record`."""

    async def write_down(answer: httpx.Response) -> None:
        await answer.aread()
        record.answers.append(answer)

    async with client(url, event_hooks={"response": [write_down]}) as http:
        yield WatchedApi(url, http, record)
