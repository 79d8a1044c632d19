"""Seats whoever wants to play now: at the game that has waited longest, or at a new one.

Exact, without a leader: it happens under the lock of the pool, and what is appended to the log, the seat's
token and the tables of who waits are one transaction. A server that dies leaves all of it, or nothing.
See docs/decisions/0019-play-now.md.
"""

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple
from uuid import UUID

from server.errors import NotSent
from server.game.board import Seat
from server.game.commands import Create, Join
from server.game.events import Clock, GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.handler import Handler
from server.metrics import MATCHES, Metrics
from server.processes.seating import take_seat
from server.store.credentials import AppendSeat, Credentials, Holder, hash_of
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId
from server.store.ids import derived
from server.store.players import Account
from server.store.waiting import Answer, Open, Pool, WaitingGames, Wanted

TURN_TIMEOUT = 8.0
"""Longest wait until others of this server have been seated, in seconds: shorter than that of a page."""

WAITS_NO_MORE = {Code.SEAT_TAKEN, Code.GAME_OVER}
"""The refusals that say that a game does not wait."""


class Asked(NamedTuple):
    """A request for a seat. `id` and `token` are those with which a lost answer can be asked for again."""

    id: UUID
    token: str
    name: str
    account: Account | None
    clock: Clock | None
    rated: bool | None
    """None where that is left to the opponent: it is rated where both have a player."""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.clock, self.account.player.id if self.account else None, self.rated)

    def player_in(self, game: GameId) -> PlayerId:
        """The player's id; without an account one for this game alone."""
        return self.account.player.id if self.account else PlayerId(derived(game, str(self.id)))


class Matching:
    """One process's way into the pools. One request at a time holds a lock: the others would only hold
    connections meanwhile."""

    def __init__(
        self, pools: WaitingGames, handler: Handler, credentials: Credentials, metrics: Metrics
    ) -> None:
        self._pools, self._handler, self._credentials = pools, handler, credentials
        self._metrics = metrics
        self._turn = asyncio.Lock()

    async def seat(self, asked: Asked, new_game: GameId) -> Answer:
        """Seat whoever asks, at `new_game` where nobody waits for them. The same answer to the same `id` and
        `token`. Raises Rejected; StoreUnavailable, after which asking again tells."""
        hashed = hash_of(asked.token)
        answer = await self._pools.answer(asked.id)
        if answer is None:
            for waiting in (await self._pools.peek(asked.wanted))[:1]:
                await self._handler.glance(waiting.game)  # before there is a lock, and a connection, to hold
            async with self._locked(asked.clock) as pool:
                answer = await pool.answer(asked.id) or await self._seat(pool, asked, hashed, new_game)
        if not hmac.compare_digest(answer.token_hash, hashed):
            raise Rejected(Code.ID_TAKEN, "This id was used before, with another token.")
        return answer

    async def open(
        self, command: Create, id: UUID, token: str, game: GameId, account: Account | None
    ) -> Seat:
        """Open a listed game for whoever comes, as `command` says. Raises as `take_seat`."""
        wanted = Wanted(command.clock, account.player.id if account else None, command.rated)
        async with self._locked(command.clock) as pool:
            return await self._open(pool, wanted, command, id, token, game, account, None)

    @contextlib.asynccontextmanager
    async def _locked(self, clock: Clock | None) -> AsyncIterator[Pool]:
        try:
            async with asyncio.timeout(TURN_TIMEOUT):
                await self._turn.acquire()
        except TimeoutError as error:
            raise NotSent("too many wait to be seated") from error
        try:
            async with self._pools.locked(clock) as pool:
                yield pool
        finally:
            self._turn.release()

    async def _seat(self, pool: Pool, asked: Asked, hashed: bytes, new_game: GameId) -> Answer:
        for waiting in await pool.open_games(asked.wanted):
            try:
                return await self._join(pool, asked, hashed, waiting)
            except Rejected as refusal:  # somebody came by a link, or it was called off
                if refusal.code in WAITS_NO_MORE:
                    await pool.remove(waiting.game)
        seat = secrets.choice(list(Seat))
        answer = Answer(hashed, new_game, seat, matched=False)
        wanted = asked.wanted
        command = Create(
            player=asked.player_in(new_game),
            name=asked.name,
            seat=seat,
            listed=True,
            rated=wanted.opens_rated,
            clock=asked.clock,
        )
        seated = await self._open(
            pool, wanted, command, asked.id, asked.token, new_game, asked.account, answer
        )
        self._metrics.counts[MATCHES["opened"]] += 1
        return answer._replace(seat=seated)

    async def _open(
        self,
        pool: Pool,
        wanted: Wanted,
        command: Create,
        id: UUID,
        token: str,
        game: GameId,
        account: Account | None,
        answer: Answer | None,
    ) -> Seat:
        async def append(
            stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
        ) -> list[RecordedEvent]:
            recorded = await pool.append(stream_id, expected, events, holder)
            await pool.add(game, wanted, command.player)
            if answer:
                await pool.note_answer(id, answer)
            await pool.commit()
            return recorded

        return await self._take_seat(pool, game, command, id, token, account, append)

    async def _join(self, pool: Pool, asked: Asked, hashed: bytes, waiting: Open) -> Answer:
        game, player = waiting.game, asked.player_in(waiting.game)
        seat = (await self._handler.glance(game)).free_seat or Seat.RED
        answer = Answer(hashed, game, seat, matched=True)

        async def append(
            stream_id: StreamId, expected: Head, events: Sequence[NewEvent], holder: Holder
        ) -> list[RecordedEvent]:
            recorded = await pool.append(stream_id, expected, events, holder)
            await pool.note_answer(asked.id, answer)
            await pool.remove(game)
            await pool.note_opponents(waiting.player, player)
            await pool.commit()
            return recorded

        command = Join(player=player, name=asked.name)
        await self._take_seat(pool, game, command, asked.id, asked.token, asked.account, append)
        self._metrics.counts[MATCHES["matched"]] += 1
        return answer

    async def _take_seat(
        self,
        pool: Pool,
        game: GameId,
        command: Create | Join,
        id: UUID,
        token: str,
        account: Account | None,
        append: AppendSeat,
    ) -> Seat:
        """Take a seat in the transaction of `pool`. Raises as `take_seat`."""
        seat = await take_seat(
            self._handler, self._credentials.within(pool, append), game, command, id, token, account
        )
        if seat is None:
            raise Rejected(Code.ID_TAKEN, "This id was used before, for something else.")
        return seat
