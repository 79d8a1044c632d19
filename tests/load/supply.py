"""Tables that are ready: games whose sockets are connected before they are needed."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable

from tests.load.client import Connection, NotWhole
from tests.load.table import Table
from tests.load.web import Pair, Unreachable

AT_ONCE = 64
"""Number of sockets that are connecting at a time."""
REFILLS = 4
"""Number of tables that are prepared at a time while others play."""
ATTEMPTS = 3
"""Attempts to connect a socket: a server may be over its capacity for a moment."""
RETRY = 0.5
"""Time between two attempts, in seconds."""

More = Callable[[], Awaitable[Pair]]
"""Creates a game that two players have joined."""


class Supply:
    """Makes tables of `pairs`, and then of `more`, and keeps `target` of them ready."""

    def __init__(
        self, url: str, make: Callable[[Pair], Table], target: int, more: More | None, errors: Counter[str]
    ) -> None:
        self.pool: deque[Table] = deque()
        self._url, self._make, self._target, self._more, self._errors = url, make, target, more, errors
        self._pairs: deque[Pair] = deque()
        self._making = 0
        self._connecting = asyncio.Semaphore(AT_ONCE)
        self._taken = asyncio.Event()

    @property
    def exhausted(self) -> bool:
        """Return whether no table is ready and none will be."""
        return not (self.pool or self._pairs or self._making or self._more)

    def take(self) -> Table | None:
        """A table, or None where none is ready."""
        self._taken.set()
        return self.pool.popleft() if self.pool else None

    async def fill(self, pairs: Iterable[Pair]) -> None:
        """Make the first tables; keep the other pairs for later. Raises Unreachable."""
        self._pairs.extend(pairs)
        first = [self._pairs.popleft() for _ in range(min(len(self._pairs), self._target))]
        try:
            async with asyncio.TaskGroup() as tasks:
                for pair in first:
                    tasks.create_task(self._ready(pair))
        except* NotWhole as group:
            raise Unreachable(self._url, f"a socket was not served ({first_of(group)})") from None

    async def refill(self, arrived: Callable[[], None]) -> None:
        """Keep the pool filled until cancelled; `arrived` is called after each table."""
        while True:
            while len(self.pool) + self._making < self._target and (self._pairs or self._more):
                self._making += 1
                try:
                    await self._ready(self._pairs.popleft() if self._pairs else await self._create())
                except (NotWhole, Unreachable) as error:
                    self._errors[f"not ready: {error}"] += 1
                    await asyncio.sleep(0.1)
                finally:
                    self._making -= 1
                arrived()
            self._taken.clear()
            await self._taken.wait()

    async def connect(self, connection: Connection, game: str) -> None:
        """Open a socket in its turn. Raises NotWhole after a few attempts."""
        async with self._connecting:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return await connection.open(self._url, game)
                except NotWhole:
                    if attempt == ATTEMPTS:
                        raise
                await asyncio.sleep(RETRY)

    async def _create(self) -> Pair:
        assert self._more
        return await self._more()

    async def _ready(self, pair: Pair) -> None:
        table = self._make(pair)
        try:
            async with asyncio.TaskGroup() as tasks:
                for connection in table.connections:
                    tasks.create_task(self.connect(connection, table.game))
        except* NotWhole as group:
            for connection in table.connections:
                connection.leave()
            raise NotWhole(str(first_of(group))) from None
        self.pool.append(table)


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception in `group` that is no group."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
