"""Limits of a machine whose server is several processes: their parent counts, and each of them asks it.

Each worker has a connection to the parent (a socket pair) for lines of JSON: `["spend", rate, key]` and
`["open", socket, key, exempt]` are answered in order, `["close", socket]` is not. The connection of a worker
that is killed ends with it, and gives back what it held.
"""

import asyncio
import contextlib
import itertools
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from server.errors import TooMany
from server.net.addresses import subscriber
from server.serving.limits import Counts, Limits, Rate
from server.settings import Settings

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT = 5.0
"""Time within which the parent answers, in seconds; past it a worker goes by counts of its own."""
READ_SIZE = 64 * 1024
"""Most bytes that are read from a worker at once."""


class LimitServer:
    """The counts of a machine, in the parent process, which answers its workers whenever it has the time."""

    def __init__(self, settings: Settings) -> None:
        self._counts = Counts(settings)
        self._selector = selectors.DefaultSelector()

    def connect(self) -> socket.socket:
        """A worker's end of a new connection, which lasts until every copy of that end is closed."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ, _Worker(ours, self._counts))
        return theirs

    def close(self) -> None:
        """End all connections: workers count alone from then on."""
        for key in list(self._selector.get_map().values()):
            self._end(key)
        self._selector.close()

    def serve(self, seconds: float) -> None:
        """Answer for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for ready, _ in self._selector.select(left):
                worker: _Worker = ready.data
                if not worker.answer():
                    self._end(ready)

    def _end(self, connection: selectors.SelectorKey) -> None:
        self._selector.unregister(connection.fileobj)
        worker: _Worker = connection.data
        worker.end()


class _Worker:
    """A connection to a worker, and the sockets that it has open."""

    def __init__(self, connection: socket.socket, counts: Counts) -> None:
        self._connection, self._counts = connection, counts
        self._received = b""
        self._open: dict[int, str] = {}

    def answer(self) -> bool:
        """Answer what has come; returns whether the connection goes on."""
        try:
            received = self._connection.recv(READ_SIZE)
            *lines, self._received = (self._received + received).split(b"\n")
            answers = [self._answer(msgspec.json.decode(line)) for line in lines]
            self._connection.sendall(
                b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers if answer is not None)
            )
        except OSError:  # killed meanwhile, or it does not read
            return False
        return bool(received)

    def end(self) -> None:
        """Give back all that it holds."""
        self._connection.close()
        for key in self._open.values():
            self._counts.close_socket(key)

    def _answer(self, question: list[Any]) -> str | float | dict[str, float] | None:
        match question:
            case "spend", rate, key:
                return self._counts.spend(Rate(rate), key)
            case "open", number, key, exempt:
                reached = self._counts.open_socket(key, exempt)
                if not reached:
                    self._open[number] = key
                return reached
            case "add_computer_game", key, game:
                return self._counts.add_computer_game(key, game)
            case "end_computer_game", key, game:
                self._counts.end_computer_game(key, game)
            case "close", number if number in self._open:
                self._counts.close_socket(self._open.pop(number))
        return None


class SharedLimits(Limits):
    """The limits of one worker, who asks the parent. Without an answer it goes by counts of its own, which
    hold for this process alone: a worker is never held up for long."""

    def __init__(
        self, settings: Settings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(settings)
        self._reader, self._writer = reader, writer
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._numbers = itertools.count()
        self._connected = True
        self._silent = False
        """True from a question that had no answer in time until the next answer: nobody else waits."""

    @contextlib.asynccontextmanager
    async def socket(self, address: str | None) -> AsyncIterator[None]:
        number, key, exempt = next(self._numbers), subscriber(address), self._exempt(address)
        try:
            reached: str | None = await self._ask(["open", number, key, exempt])
            if reached is None:
                async with super().socket(address):
                    yield
            elif reached:
                raise TooMany(reached)
            else:
                yield
        finally:
            self._tell(["close", number])  # also where the answer was not waited for

    async def _spend(self, rate: Rate, key: str) -> float:
        wait = await self._ask(["spend", rate, key])
        return await super()._spend(rate, key) if wait is None else float(wait)

    async def _add_computer_game(self, key: str, game: str) -> dict[str, float]:
        games: dict[str, float] | None = await self._ask(["add_computer_game", key, game])
        return await super()._add_computer_game(key, game) if games is None else games

    def _end_computer_game(self, key: str, game: str) -> None:
        super()._end_computer_game(key, game)
        self._tell(["end_computer_game", key, game])

    async def _ask(self, question: list[object]) -> Any:
        """The parent's answer, or None where none comes."""
        if not self._connected or self._silent:
            return None
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._tell(question)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await answer
        except TimeoutError:
            if self._silent:
                return None
            self._silent = True
            logger.warning("limits: no answer from the parent process; this one counts alone")
            return None

    def _tell(self, message: list[object]) -> None:
        if self._connected:
            self._writer.write(msgspec.json.encode(message) + b"\n")

    async def listen(self) -> None:
        """Take in the parent's answers until the connection ends."""
        try:
            async for line in self._reader:
                self._silent = False
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(msgspec.json.decode(line))
        except OSError:
            pass  # as where it was closed
        finally:
            self._connected = False
            for answer in self._waiting:
                if not answer.done():
                    answer.set_result(None)


@contextlib.asynccontextmanager
async def limits_of(settings: Settings) -> AsyncIterator[Limits]:
    """The limits of this process while the context lasts: its own, or shared where it is a worker."""
    if settings.limits_fd is None:
        yield Limits(settings)
        return
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=settings.limits_fd))
    limits = SharedLimits(settings, reader, writer)
    listening = asyncio.create_task(limits.listen())
    try:
        yield limits
    finally:
        writer.close()
        await listening
