"""Listed games that wait for a second player, by pool, and whom "play now" has seated.

Who looks for a game does so under the lock of its pool, in one transaction with what is appended because of
it: docs/decisions/0019-play-now.md. The lock is a transaction's, so it works behind pgbouncer.
"""

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from server.errors import NotSent, WrongExpectedVersion
from server.game.board import Seat
from server.game.events import Clock, GameId, PlayerId
from server.store.credentials import Holder
from server.store.database import Database
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId
from server.store.postgres import PostgresEventStore
from server.store.read_models import Statements
from server.store.sql import statement
from server.store.transaction import Transaction

HOLD_TIMEOUT = timedelta(seconds=2)
"""Time after which Postgres takes the lock from a server that stopped in the middle."""
ANSWERS_KEPT = timedelta(days=1)
"""Time for which a lost answer can be asked for again."""
CREATED = timedelta(seconds=5)
"""Time for which a creator counts as there without a socket, after creating a game."""
LEASE = timedelta(seconds=12)
"""Time for which a creator counts as there after a server last said so: with the time from one renewal to the
next taken off, ten seconds after its death."""


class Wanted(NamedTuple):
    """The games that somebody would play."""

    clock: Clock | None
    player: PlayerId | None
    """The player who asks; None for somebody without one."""
    rated: bool | None = None
    """None where that is left to the opponent: it is rated where both have a player."""

    @property
    def opens_rated(self) -> bool:
        """True if the game that is opened for it, where none fits, is a rated one."""
        return self.player is not None if self.rated is None else self.rated


class Open(NamedTuple):
    """A game that waits, and its creator."""

    game: GameId
    player: PlayerId


class Answer(NamedTuple):
    """The answer that a request got."""

    token_hash: bytes
    game: GameId
    seat: Seat
    matched: bool


class Pool(Protocol):
    """One pool, locked. `fetch` is as that of a database, in the transaction that holds the lock."""

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]: ...

    async def answer(self, id: UUID) -> Answer | None:
        """The answer that request `id` got, if it had one."""
        ...

    async def open_games(self, wanted: Wanted) -> list[Open]:
        """The games that fit and whose creator is there: the one that has waited longest first, but the
        player's opponent of last time at the end."""
        ...

    async def add(self, game: GameId, wanted: Wanted, player: PlayerId) -> None:
        """Have `game` wait, which `player` opens."""
        ...

    async def remove(self, game: GameId) -> None:
        """`game` waits no more."""
        ...

    async def note_opponents(self, one: PlayerId, other: PlayerId) -> None:
        """These two were given each other."""
        ...

    async def note_answer(self, id: UUID, answer: Answer) -> None:
        """Keep an answer. Raises NotSent where there is one already: then nothing is to be committed."""
        ...

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
    ) -> list[RecordedEvent]:
        """As PostgresEventStore.append_seat, in the transaction, which goes on. Raises
        WrongExpectedVersion."""
        ...

    async def commit(self) -> None:
        """Make all of it durable, and give the lock back."""
        ...


class WaitingGames(Protocol):
    """The pools of a database. Every method raises StoreUnavailable."""

    def locked(self, clock: Clock | None) -> AbstractAsyncContextManager[Pool]:
        """The pool of games with `clock`, until `commit` or the end of the context. What was not committed is
        undone."""
        ...

    async def answer(self, id: UUID) -> Answer | None:
        """The answer that request `id` got, if it had one. It is the only one that it will ever get."""
        ...

    async def peek(self, wanted: Wanted) -> list[Open]:
        """As `Pool.open_games`, without the lock: a guess."""
        ...

    async def here(self, games: Collection[GameId], process: str) -> set[GameId]:
        """The creators of `games` have a socket at `process`; returns those of the games that wait."""
        ...

    async def gone(self, games: Collection[GameId], process: str) -> None:
        """They have none there any more."""
        ...

    async def remove(self, games: Collection[GameId]) -> None:
        """`games` wait no more."""
        ...


def pool_of(clock: Clock | None) -> str:
    """The name of the pool of games with `clock`."""
    return f"{clock.initial}+{clock.increment}" if clock else "untimed"


class PostgresWaitingGames:
    """WaitingGames in `database`, which is that of `store`."""

    def __init__(self, database: Database, store: PostgresEventStore) -> None:
        self._database, self._store = database, store

    @contextlib.asynccontextmanager
    async def locked(self, clock: Clock | None) -> AsyncIterator["PostgresPool"]:
        async with self._database.transaction(appends=True) as transaction:
            pool = PostgresPool(transaction, self._store, pool_of(clock))
            await pool.fetch("matching/lock", pool.name, f"{HOLD_TIMEOUT // timedelta(milliseconds=1)}ms")
            yield pool

    async def answer(self, id: UUID) -> Answer | None:
        return await _answer(self._database, id)

    async def peek(self, wanted: Wanted) -> list[Open]:
        return await _open_games(self._database, wanted)

    async def here(self, games: Collection[GameId], process: str) -> set[GameId]:
        rows = await self._database.fetch("matching/here", list(games), process, LEASE)
        return {row["game_id"] for row in rows}

    async def gone(self, games: Collection[GameId], process: str) -> None:
        await self._database.fetch("matching/gone", list(games), process)

    async def remove(self, games: Collection[GameId]) -> None:
        await self._database.fetch("matching/remove", list(games))


class PostgresPool:
    """A pool whose lock `transaction` holds."""

    def __init__(self, transaction: Transaction, store: PostgresEventStore, name: str) -> None:
        self._transaction, self._store, self.name = transaction, store, name

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        return await self._transaction.fetch(statement(name), *args)

    async def answer(self, id: UUID) -> Answer | None:
        return await _answer(self, id)

    async def open_games(self, wanted: Wanted) -> list[Open]:
        return await _open_games(self, wanted)

    async def add(self, game: GameId, wanted: Wanted, player: PlayerId) -> None:
        strictly = wanted.rated is True
        await self.fetch("matching/add", game, self.name, wanted.opens_rated, strictly, player, CREATED)

    async def remove(self, game: GameId) -> None:
        await self.fetch("matching/remove", [game])

    async def note_opponents(self, one: PlayerId, other: PlayerId) -> None:
        await self.fetch("matching/note_opponents", *sorted((one, other)))

    async def note_answer(self, id: UUID, answer: Answer) -> None:
        token_hash, game, seat, matched = answer
        if not await self.fetch("matching/note_answer", id, token_hash, game, seat, matched, ANSWERS_KEPT):
            raise NotSent("it is asked elsewhere at the same time")

    async def append(
        self, stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
    ) -> list[RecordedEvent]:
        recorded = await self._store.append_within(self._transaction, stream_id, expected, events, holder)
        if recorded is None:
            raise WrongExpectedVersion(stream_id, expected.version)
        return recorded

    async def commit(self) -> None:
        await self._transaction.execute("COMMIT")


async def _open_games(database: Statements, wanted: Wanted) -> list[Open]:
    player, pool = wanted.player, pool_of(wanted.clock)
    rows = await database.fetch("matching/open", pool, player, wanted.rated, player is not None)
    return [Open(*row) for row in rows]


async def _answer(database: Statements, id: UUID) -> Answer | None:
    rows = await database.fetch("matching/answer", id)
    if not rows:
        return None
    token_hash, game, seat, matched = rows[0]
    return Answer(token_hash, game, Seat(seat), matched)
