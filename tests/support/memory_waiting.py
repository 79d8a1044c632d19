"""The pools of those who wait, in memory: WaitingGames that keeps every promise, and answers at once."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from server.errors import NotSent, WrongExpectedVersion
from server.game.events import Clock, GameId, PlayerId
from server.store.credentials import Holder
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId
from server.store.history import seal
from server.store.waiting import CREATED, LEASE, Answer, Open, Wanted, pool_of
from tests.support.memory_store import Log

T = TypeVar("T")


@dataclass
class Row:
    """A game that waits."""

    game: GameId
    pool: str
    rated: bool
    strictly: bool
    player: PlayerId
    since: datetime
    here_until: datetime
    processes: set[str] = field(default_factory=set)


@dataclass
class WaitingTables:
    """What all servers see, and the locks of pools."""

    log: Log
    waiting: dict[GameId, Row] = field(default_factory=dict)
    answers: dict[UUID, Answer] = field(default_factory=dict)
    last_opponents: dict[PlayerId, PlayerId] = field(default_factory=dict)
    there_for: timedelta = CREATED
    """Time for which a creator counts as there without a socket."""
    locks: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))


class Call(Protocol):
    """The way to the tables: carries out `effect`, or fails with StoreUnavailable, maybe after it."""

    async def __call__(self, effect: Callable[[], T]) -> T: ...


async def at_once(effect: Callable[[], T]) -> T:
    """The way of a database that is never away."""
    return effect()


class MemoryWaitingGames:
    """WaitingGames in `tables`, to which `call` is the way.

    `claim` carries out the statement that keeps a seat's token, with `keep`, or says what that would lead to.
    `release` is told how to give a lock back, when a commit is under way whose outcome this server does not
    learn."""

    def __init__(
        self,
        tables: WaitingTables,
        call: Call = at_once,
        claim: Callable[..., list[Any]] = lambda name, *args, keep: [],
        release: Callable[[Callable[[], None]], object] = lambda release: release(),
    ) -> None:
        self.tables, self.call, self.claim, self._release = tables, call, claim, release
        self.pool_type: type[MemoryPool] = MemoryPool

    @contextlib.asynccontextmanager
    async def locked(self, clock: Clock | None) -> AsyncIterator["MemoryPool"]:
        pool = self.pool_type(self, pool_of(clock))
        lock = self.tables.locks[pool.name]
        await lock.acquire()
        released = False

        def release() -> None:
            nonlocal released
            if not released:
                released = True
                lock.release()

        pool.release = release
        try:
            await self.call(lambda: None)
            yield pool
            if not pool.committed:
                await pool.commit()
        finally:
            if pool.committed:
                self._release(release)
            else:
                release()

    async def answer(self, id: UUID) -> Answer | None:
        return await self.call(lambda: self.tables.answers.get(id))

    async def peek(self, wanted: Wanted) -> list[Open]:
        return await MemoryPool(self, pool_of(wanted.clock)).open_games(wanted)

    async def here(self, games: Collection[GameId], process: str) -> set[GameId]:
        def effect() -> set[GameId]:
            found = {game for game in games if game in self.tables.waiting}
            for game in found:
                row = self.tables.waiting[game]
                row.here_until = self.tables.log.time() + LEASE
                row.processes.add(process)
            return found

        return await self.call(effect)

    async def gone(self, games: Collection[GameId], process: str) -> None:
        def effect() -> None:
            for game in games:
                row = self.tables.waiting.get(game)
                if row and process in row.processes:
                    row.processes.remove(process)
                    if not row.processes:
                        row.here_until = self.tables.log.time()

        await self.call(effect)

    async def remove(self, games: Collection[GameId]) -> None:
        def effect() -> None:
            for game in games:
                self.tables.waiting.pop(game, None)

        await self.call(effect)


class MemoryPool:
    """A pool that is locked. What is written waits for `commit`, which does all of it at once."""

    def __init__(self, games: MemoryWaitingGames, name: str) -> None:
        self._games, self._tables, self.name = games, games.tables, name
        self._effects: list[Callable[[], None]] = []
        self._lost = False
        self.committed = False
        """True once a commit was sent."""
        self.release: Callable[[], None] = lambda: None

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        def effect() -> None:
            self._games.claim(name, *args, keep=True)

        self._effects.append(effect)
        return await self._games.call(lambda: self._games.claim(name, *args, keep=False))

    async def answer(self, id: UUID) -> Answer | None:
        return await self._games.call(lambda: self._tables.answers.get(id))

    async def open_games(self, wanted: Wanted) -> list[Open]:
        def met(row: Row) -> bool:
            last = self._tables.last_opponents
            return wanted.player is not None and (
                last.get(wanted.player) == row.player or last.get(row.player) == wanted.player
            )

        def fits(row: Row) -> bool:
            if wanted.player is None:
                return not row.strictly
            return row.player != wanted.player and wanted.rated in (None, row.rated)

        def effect() -> list[Open]:
            now = self._tables.log.time()
            rows = [
                row
                for row in self._tables.waiting.values()
                if row.pool == self.name and row.here_until > now and fits(row)
            ]
            rows.sort(key=lambda row: (met(row), row.since, row.game))
            return [Open(row.game, row.player) for row in rows]

        return await self._games.call(effect)

    async def add(self, game: GameId, wanted: Wanted, player: PlayerId) -> None:
        rated = wanted.opens_rated

        def effect() -> None:
            now = self._tables.log.time()
            row = Row(game, self.name, rated, wanted.rated is True, player, now, now + self._tables.there_for)
            self._tables.waiting.setdefault(game, row)

        self._effects.append(effect)

    async def remove(self, game: GameId) -> None:
        def effect() -> None:
            self._tables.waiting.pop(game, None)

        self._effects.append(effect)

    async def note_opponents(self, one: PlayerId, other: PlayerId) -> None:
        self._effects.append(lambda: self._tables.last_opponents.update({one: other, other: one}))

    async def note_answer(self, id: UUID, answer: Answer) -> None:
        if id in self._tables.answers:
            raise NotSent("it is asked elsewhere at the same time")
        self._effects.append(lambda: self._tables.answers.update({id: answer}))

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
    ) -> list[RecordedEvent]:
        log, sealed = self._tables.log, seal(stream_id, expected, events)
        claimed = "add_credential", GameId(stream_id), holder.player, holder.token_hash

        def check() -> bool:
            rows = self._games.claim(*claimed, keep=False)
            return log.head(stream_id) == expected and all(
                row["token_hash"] == holder.token_hash for row in rows
            )

        if not await self._games.call(check):
            raise WrongExpectedVersion(stream_id, expected.version)

        def keep() -> None:
            self._games.claim(*claimed, keep=True)

        self._effects.append(keep)
        recorded: list[RecordedEvent] = []  # filled by the commit, before anybody looks at it
        self._effects.insert(0, lambda: recorded.extend(log.append(stream_id, expected, sealed)))
        return recorded

    async def commit(self) -> None:
        def effect() -> None:
            try:
                for one in self._effects:
                    one()
            except WrongExpectedVersion:
                self._effects.clear()
                self._lost = True
            self.release()

        self.committed = True
        await self._games.call(effect)
        if self._lost:
            raise NotSent("another writer was faster")
