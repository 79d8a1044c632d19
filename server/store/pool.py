"""The connections to the database: lent one to a statement, kept for the next, and closed with age."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from server.errors import NotSent
from server.store.connector import Connection

RESERVED = 2
"""Connections that only the preferred share may take: as many as there are commits under way at a time. Of a
small pool half are reserved."""
IDLE = 10.0
"""Longest time that a connection is kept without use, in seconds. Another server may have none, and this one
learns of that only when it asks for more itself."""
LIFETIME = 1800.0
"""Age from which a connection is not used again, in seconds."""
SCARCE = 10.0
"""Time for which no more connections are tried after the server had none left, in seconds."""
SCARCE_IDLE = 1.0
"""Longest time that a connection is kept without use meanwhile, in seconds: other servers may need it."""
RETRY = 0.1
"""Pause before the server is asked again for the very first connection, in seconds."""


@dataclass(slots=True, eq=False)
class Share:
    """One kind of use of the pool: its number of connections, and who waits for another."""

    lent: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


@dataclass(slots=True, eq=False)
class Lease:
    """A connection of the pool, lent or idle. Times are those of the event loop, in seconds."""

    connection: Connection
    share: Share
    generation: int
    opened_at: float
    used_at: float


class Pool:
    """At most `size` connections. Some of them are reserved for the preferred share, which also has
    precedence: appends in the pool of the log, those who list in that of the read models.

    Where the server has fewer to give, the pool makes do with those that it has.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect, self._size = connect, size
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time()  # as of the last `age`: close enough, and free
        self._idle: list[Lease] = []  # the last one was used last
        self._limit = size
        self._scarce_until = 0.0
        self._generation = 0
        self._closed = False
        self.preferred, self.others = Share(), Share()
        self.open = 0
        """Number of connections that are open or being opened."""

    def take(self, share: Share) -> Lease | None:
        """An idle connection, if there is one that may be lent at once."""
        if share.waiting or not self._may_lend(share):
            return None
        lease = self._pop_idle()
        if lease:
            share.lent += 1
            lease.share = share
        return lease

    async def acquire(self, share: Share) -> Lease:
        """A connection, waited for or opened as needed. Raises NotSent, and what the connector raises."""
        while True:
            await self._turn(share)
            try:
                lease = self._pop_idle() or await self._opened(share)
                lease.share = share
                return lease
            except BaseException as error:
                self._end_turn(share)
                if not _none_left(error):
                    raise
            self._limit = max(1, self.open)
            self._scarce_until = self._loop.time() + SCARCE
            if not self.open:
                await asyncio.sleep(RETRY)

    def give_back(self, lease: Lease, *, reusable: bool = True) -> None:
        """End a loan. A connection that is not `reusable` is closed."""
        old = lease.generation != self._generation or self._now - lease.opened_at > LIFETIME
        if not reusable or old or self._closed or lease.connection.is_closed():
            self._drop(lease)
        else:
            lease.used_at = self._now
            self._idle.append(lease)
        self._end_turn(lease.share)

    def expire(self) -> None:
        """Use no connection again that is open now."""
        self._generation += 1
        self._drop_idle()

    def age(self) -> None:
        """Close what was idle for too long. To be called about once a second."""
        self._now = self._loop.time()
        if self._now < self._scarce_until:
            self._drop_idle(SCARCE_IDLE)
        else:
            self._limit = self._size
            self._drop_idle(IDLE)
        self._wake()

    def refuse_waiting(self, reason: str) -> None:
        """Let those who wait for a connection fail with NotSent."""
        for share in (self.preferred, self.others):
            while share.waiting:
                turn = share.waiting.popleft()
                if not turn.done():
                    turn.set_exception(NotSent(reason))

    def close(self) -> None:
        """Close all that is idle, and what is lent when it comes back. Whoever waits gets NotSent."""
        self._closed = True
        self._drop_idle()
        self.refuse_waiting("the database is closed")

    def _may_lend(self, share: Share) -> bool:
        if self.preferred.lent + self.others.lent >= self._limit:
            return False
        reserved = min(RESERVED, self._limit // 2)
        return share is self.preferred or share.lent < self._limit - reserved

    async def _turn(self, share: Share) -> None:
        """Wait until a connection may be lent, and count it as lent."""
        if self._closed:
            raise NotSent("the database is closed")
        if share.waiting or not self._may_lend(share):
            turn: asyncio.Future[None] = self._loop.create_future()
            share.waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                with contextlib.suppress(ValueError):
                    share.waiting.remove(turn)
                if not turn.cancelled():  # it had come just before
                    self._end_turn(share)
                raise
        else:
            share.lent += 1

    def _end_turn(self, share: Share) -> None:
        share.lent -= 1
        self._wake()

    def _wake(self) -> None:
        """Let those go on who may: the preferred first, and of each share who has waited longest."""
        for share in (self.preferred, self.others):
            while share.waiting and self._may_lend(share):
                turn = share.waiting.popleft()
                if not turn.done():
                    share.lent += 1
                    turn.set_result(None)

    def _pop_idle(self) -> Lease | None:
        while self._idle:
            lease = self._idle.pop()
            if not lease.connection.is_closed():
                return lease
            self._drop(lease)  # it was lost while nobody used it
        return None

    async def _opened(self, share: Share) -> Lease:
        self.open += 1
        generation = self._generation
        try:
            connection = await self._connect()
        except BaseException:
            self.open -= 1
            raise
        now = self._loop.time()
        return Lease(connection, share, generation, opened_at=now, used_at=now)

    def _drop(self, lease: Lease) -> None:
        """Close a connection without waiting for its end, which a server that hangs would never let come."""
        lease.connection.terminate()
        self.open -= 1

    def _drop_idle(self, longest: float = float("-inf")) -> None:
        kept: list[Lease] = []
        for lease in self._idle:
            if self._now - lease.used_at > longest or lease.connection.is_closed():
                self._drop(lease)
            else:
                kept.append(lease)
        self._idle = kept


def _none_left(error: BaseException) -> bool:
    """True if a server, or a pooler before it, says that it has no connection left."""
    if isinstance(error, asyncpg.ProtocolViolationError):  # as pgbouncer says it
        return "connections" in str(error)
    return isinstance(error, asyncpg.TooManyConnectionsError)
