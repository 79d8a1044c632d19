"""A client of WebDriver BiDi (W3C), which Firefox speaks by itself: commands, answers and events."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.player import UNHURRIED

Json = dict[str, Any]


class BidiError(Exception):
    """A command was refused."""


class Bidi:
    """A session. `listeners` are called with the parameters of each event, by its name."""

    def __init__(self, socket: ClientConnection, tasks: asyncio.TaskGroup) -> None:
        self._socket, self._tasks = socket, tasks
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self.listeners: dict[str, list[Callable[[Json], None]]] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator["Bidi"]:
        """A session at the address that the browser prints."""
        async with (
            connect(f"{url}/session", max_size=None, proxy=None, **UNHURRIED) as socket,
            asyncio.TaskGroup() as tasks,
        ):
            bidi = cls(socket, tasks)
            hearing = tasks.create_task(bidi._hear())
            try:
                await bidi.call("session.new", capabilities={})
                yield bidi
            finally:
                hearing.cancel()

    async def call(self, method: str, **params: Any) -> Json:
        """The result of a command. Raises BidiError."""
        id = next(self._ids)
        self._answers[id] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": id, "method": method, "params": params}))
        return await self._answers[id]

    def send(self, method: str, **params: Any) -> None:
        """Give a command without waiting for its result, as a listener has to."""
        self._tasks.create_task(self.call(method, **params))

    async def _hear(self) -> None:
        async for frame in self._socket:
            message: Json = json.loads(frame)
            if message["type"] == "event":
                for listener in self.listeners.get(message["method"], ()):
                    listener(message["params"])
                continue
            answer = self._answers.pop(message["id"])
            if message["type"] == "success":
                answer.set_result(message["result"])
            else:
                answer.set_exception(BidiError(f"{message['error']}: {message['message']}"))
