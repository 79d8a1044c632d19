"""Ends games whose player to move has no time left.

Every server watches the clocks of the games that it has in memory, with one timer for all of them. Two that
call time at once give the same command, at the version that they saw, so a game ends once; and a move that
was recorded first leaves nothing to call.
"""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.cause import Cause, Process
from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.clock import GRACE, Arrival
from server.game.commands import CallTime
from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.game.state import Game, Status
from server.handler import Handler
from server.store.database_clock import DatabaseClock
from server.store.event_store import RecordedEvent
from server.store.heartbeat import Heartbeat
from server.tasks import Tasks

REFEREE = Process("referee", PlayerId(UUID("8d2b6f0e-0d0c-5a53-8f57-3b6f6f2a9e02")))
RETRY = 0.5
"""Pause after which time is called again where the database was away, in seconds."""

LagOf = Callable[[GameId, Seat], float | None]
"""Returns the latency of the player at a seat, in seconds, where it is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A game whose clock runs, and its last event."""

    game: Game
    event: RecordedEvent
    due: datetime


class Referee:
    """The process. `tasks` wait for what it has begun; its timer ends with `stop`."""

    def __init__(
        self, handler: Handler, clock: DatabaseClock, heartbeat: Heartbeat, lag_of: LagOf, tasks: Tasks
    ) -> None:
        self._handler, self._clock, self._heartbeat = handler, clock, heartbeat
        self._lag_of, self._tasks = lag_of, tasks
        self._loop = asyncio.get_running_loop()
        self._games: dict[GameId, Watched] = {}
        self._heap: list[tuple[datetime, GameId]] = []
        """The moments to look at a game. A game that was moved in meanwhile is put in again then: so it is in
        here about once, and not once a move."""
        self._queued: dict[GameId, datetime] = {}
        """The earliest moment in the heap of each game."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: datetime | None = None

    def react(self, game: Game, event: RecordedEvent) -> None:
        """Watch the clock of `game` from now on, or no longer. `event` is its last event."""
        id = GameId(event.stream_id)
        if game.clocks is None or game.status is not Status.PLAYING:
            self._games.pop(id, None)
            return
        due = game.clocks.up_at(game.since) + GRACE
        self._games[id] = Watched(game, event, due)
        self._queue(id, due)

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._games.clear()

    def _queue(self, id: GameId, due: datetime) -> None:
        """Look at the game at `due`, or before."""
        if id in self._queued and self._queued[id] <= due:
            return
        self._queued[id] = due
        heapq.heappush(self._heap, (due, id))
        self._set_timer()

    def _set_timer(self) -> None:
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer and self._timer_due is not None and self._timer_due <= due:
            return
        if self._timer:
            self._timer.cancel()
        self._timer_due = due
        delay = self._clock.moment(due) - self._clock.monotonic()
        self._timer = self._loop.call_later(max(0.0, delay), self._look)

    def _look(self) -> None:
        """Look at the games that are due, and at no other."""
        self._timer = None
        now = self._clock.now()
        while self._heap and self._heap[0][0] <= now:
            due, id = heapq.heappop(self._heap)
            if self._queued.get(id) != due:
                continue  # it was put in again, for an earlier moment
            del self._queued[id]
            if not (watched := self._games.get(id)):
                continue
            if watched.due > now:
                self._queue(id, watched.due)
            else:
                self._judge(id, watched, now)
        self._set_timer()

    def _judge(self, id: GameId, watched: Watched, now: datetime) -> None:
        """Call time, unless some of it may still be given back."""
        due = self._due(id, watched, now)
        if due > now:
            self._queue(id, due)
        else:
            self._tasks.create_task(self._call(id, watched))

    def _due(self, id: GameId, watched: Watched, now: datetime) -> datetime:
        """The moment to call time, by what may be given back as far as is known now."""
        game = watched.game
        assert game.clocks
        assert game.next
        return game.clocks.due(game.since, self._arrival(id, game.next, now)) + GRACE

    def _arrival(self, id: GameId, late: Seat, now: datetime) -> Arrival:
        lag_ms = round((self._lag_of(id, late) or 0) * 1000)
        return Arrival(at=now - GRACE, lag_ms=lag_ms, downtimes=self._heartbeat.downtimes)

    async def _call(self, id: GameId, watched: Watched) -> None:
        late, version = watched.game.next, watched.event.version
        assert late
        cause = Cause(REFEREE, watched.event)
        try:
            await self._heartbeat.ask()  # there may have been a downtime of which nobody knows yet
            now = self._clock.now()
            command = CallTime(player=REFEREE.id, arrival=self._arrival(id, late, now))
            await self._handler.handle(id, command, cause.command_id("time"), version, cause=cause)
        except Rejected as refusal:
            if refusal.code is Code.NOT_YET:  # time was given back
                due = self._due(id, watched, now)
                self._loop.call_later(max(0.0, (due - now).total_seconds()), self._again, id, watched)
                return
        except StoreUnavailable:
            self._loop.call_later(RETRY, self._again, id, watched)
            return
        if self._games.get(id) is watched:
            del self._games[id]  # it is over, or has gone on elsewhere

    def _again(self, id: GameId, watched: Watched) -> None:
        if self._games.get(id) is watched:
            self._queue(id, self._clock.now())
