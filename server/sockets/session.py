"""One WebSocket to a game: reads messages, has them carried out, and has answers and events sent."""

import asyncio
import itertools
import logging
from collections.abc import Coroutine
from typing import Any, NamedTuple
from uuid import UUID

from starlette.types import Receive, Send

from server.delivery.outbox import Outbox
from server.delivery.room import Lag
from server.delivery.subscription import Subscription
from server.errors import BadToken, StoreUnavailable
from server.game.board import Seat
from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.metrics import LIMIT_HITS, SOCKETS, TOLD_UNAVAILABLE
from server.services import Services
from server.serving.rate_limit import TokenBucket
from server.sockets.participant import Participant
from server.sockets.writer import Wire, Writer
from server.wire import close, from_client, to_client
from server.wire.from_client import Authenticate, BadMessage, MoveMessage, Ping, Request

logger = logging.getLogger(__name__)

WORK_SIZE = 64
"""Most requests of one socket that may wait to be carried out."""
BAD_MESSAGES = 20
"""Bad messages that a socket may send in a minute, or at once, before it is closed."""
FAIR_SHARE = 16
"""Messages of one socket that are read before other sockets have their turn."""
OVER_RATE = 200
"""Messages above its rate that a socket may send in a minute, or at once, before it is closed."""
ABOUT_TO_BEGIN = 0.25
"""Time after which a game that is not there is looked for again, in seconds. Players are told of the next
game of a series once it is open (Rematch.until_open), but the sweep may tell them a moment earlier."""

LEAVING = (1000, 1001)
"""The codes with which a client closes on purpose."""

RATE_LIMITED = Rejected(Code.RATE_LIMITED, "Too many messages; slow down.")


class Resume(NamedTuple):
    """The place in a game from which a client wants the events."""

    after: int = 0
    """The last version that it has."""
    last: str | None = None
    """The id of the command that led to that version, if the client says so."""
    history: int | None = None
    """The CRC-32 of the ids of the commands of all events up to that version, if the client says so.

    After the database went back, a command that is sent again may lead to the same version by another way.
    """


class Place(NamedTuple):
    """What a socket is counted as."""

    seat: Seat | None
    player: PlayerId | None
    opens: bool
    """True for somebody who waits at a listed game for whoever comes."""


class Session:
    """The connection of a player or a spectator to one game. `rate` limits its messages, if there is one.

    Messages are read in the task of the ASGI application, commands are carried out without one or in a
    second task, and a Writer sends. So reading goes on while the database is slow, and a command is finished
    even when its player leaves. With a `wire`, text arrives and frames are sent without going through ASGI.
    """

    __slots__ = (
        "_bad",
        "_begun",
        "_counted_at",
        "_ending",
        "_game",
        "_gone",
        "_lag",
        "_left",
        "_outbox",
        "_over_rate",
        "_participant",
        "_rate",
        "_receive",
        "_resume",
        "_services",
        "_waiting",
        "_wire",
        "_working",
        "_writer",
    )

    def __init__(
        self,
        receive: Receive,
        send: Send,
        wire: Wire | None,
        services: Services,
        game: GameId,
        resume: Resume,
        rate: TokenBucket | None,
        outbox: Outbox | None = None,
    ) -> None:
        self._receive, self._wire, self._services = receive, wire, services
        self._game, self._resume, self._rate = game, resume, rate
        self._lag: Lag | None = wire.lag if wire else None
        self._participant = Participant(game, services, self._lag)
        self._outbox = outbox or Outbox()
        self._writer = Writer(self._outbox, send, wire, services.end_of_tick, services.tasks, game)
        self._waiting: list[tuple[Request, float | None]] = []
        self._begun: tuple[Request, float | None] | None = None
        """The request that is carried out without a task."""
        self._working = self._ending = self._gone = self._left = False
        self._bad: TokenBucket | None = None
        self._over_rate: TokenBucket | None = None
        self._counted_at: Place | None = None

    async def run(self) -> None:
        """Serve the accepted socket until either side closes it."""
        counts, drain = self._services.metrics.counts, self._services.drain
        with self._services.hub.subscribe(self._game, self._outbox) as subscription:
            counts[SOCKETS] += 1
            drain.register(self._end)
            try:
                await self._begin(subscription)
                self._writer.open()
                if self._wire:
                    self._wire.on_text = self._hear
                await self._read()
            finally:
                counts[SOCKETS] -= 1
                drain.unregister(self._end)
                self._gone = True
                self._writer.stop()
                self._waiting.clear()
                self._leave_place(left=self._left)

    async def _begin(self, subscription: Subscription) -> None:
        try:
            # Subscribed before reading, so that no commit falls between what is read now and what comes live.
            await subscription.catch_up()
            if not subscription.version:
                await asyncio.sleep(ABOUT_TO_BEGIN)
                await subscription.catch_up()
            if subscription.version:
                self._outbox.put(
                    to_client.welcome(self._game, subscription.version, self._services.clock.now())
                )
                if subscription.has(*self._resume):
                    for player in subscription.forgotten(self._resume.after):
                        self._outbox.put(to_client.forgotten(player))
                    self._outbox.follow(subscription.commits, self._resume.after)
                    self._take_place()
                else:
                    self._outbox.finish(close.HISTORY_CHANGED)
            else:
                self._outbox.close(close.NO_SUCH_GAME)
        except StoreUnavailable:
            self._close_store_away()
        except Exception:
            logger.exception("a session broke", extra={"game": self._game})
            self._outbox.close(close.INTERNAL_ERROR)

    def _close_store_away(self) -> None:
        self._services.metrics.counts[TOLD_UNAVAILABLE["socket"]] += 1
        self._outbox.close(close.STORE_AWAY)

    def _end(self) -> None:
        """Drain: read nothing more, finish and answer what was begun, then close."""
        self._ending = True
        if not self._working:
            self._outbox.finish(close.DRAINING)

    def _take_place(self) -> None:
        """Have the socket counted: among the spectators, or at its seat."""
        participant, services = self._participant, self._services
        place, before = Place(participant.seat, participant.player, participant.opens), self._counted_at
        if self._gone or before == place:
            return
        if before and place.seat and not before.player:
            services.presence.take_seat(self._game, place.seat, self._lag)
        else:
            self._leave_place()
            services.presence.come(self._game, place.seat, self._lag)
        if place.player:
            services.online.come(place.player)
        if place.opens:
            services.attendance.come(self._game)
        self._counted_at = place

    def _leave_place(self, *, left: bool = False) -> None:
        place, services = self._counted_at, self._services
        if place is None:
            return
        self._counted_at = None
        services.presence.leave(self._game, place.seat, self._lag, left=left)
        if place.player:
            services.online.leave(place.player)
        if place.opens:
            services.attendance.leave(self._game, server_ends=self._ending)

    # Reading

    async def _read(self) -> None:
        for number in itertools.count(1):
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code", 1005)
                self._services.metrics.count_close(code)
                self._left = code in LEAVING and not self._ending
                return
            self._hear(message.get("text"))
            if number % FAIR_SHARE == 0:
                await asyncio.sleep(0)  # receiving a message that is there already never yields

    def _hear(self, frame: str | None) -> None:
        if self._ending or self._gone:
            return
        try:
            if frame is None:
                raise BadMessage("Messages are text.", None)
            message = from_client.decode(frame)
        except BadMessage as refusal:
            self._bad = self._bad or patience(BAD_MESSAGES)
            if not self._bad.try_spend():
                self._count_limit("bad_messages")
                self._outbox.close(close.TOO_MANY_BAD_MESSAGES)
            self._outbox.put(to_client.rejected(refusal.id, refusal))
            return
        over_rate = self._rate is not None and not self._rate.try_spend()
        if over_rate:
            self._count_limit("message_rate")
            self._over_rate = self._over_rate or patience(OVER_RATE)
            if not self._over_rate.try_spend():
                self._outbox.close(close.TOO_MANY_MESSAGES)
        if over_rate or (self._waiting and len(self._waiting) >= WORK_SIZE):
            self._outbox.put(to_client.rejected(getattr(message, "id", None), RATE_LIMITED))
            if not over_rate:
                self._count_limit("commands_waiting")
        elif type(message) is not MoveMessage and isinstance(message, Ping):
            self._outbox.put(to_client.pong(message.t, self._services.clock.now()))
        else:
            arrived = self._services.clock.monotonic() if self._participant.timed else None
            if self._working:
                self._waiting.append((message, arrived))
            elif type(message) is not Authenticate or not self._seat(message):
                self._start(message, arrived)

    def _count_limit(self, name: str) -> None:
        self._services.metrics.counts[LIMIT_HITS[name]] += 1

    # Carrying out, in the order of arrival

    def _seat(self, request: Authenticate) -> bool:
        """Take a seat, if nothing has to be looked up for that; returns whether it was taken."""
        if (seated := self._participant.seat_at_once(request)) is None:
            return False
        self._outbox.put(seated)
        self._take_place()
        return True

    def _start(self, request: Request, arrived: float | None) -> None:
        """Carry out `request`: without a task if that is possible."""
        self._working, self._begun = True, (request, arrived)
        try:
            begun = self._participant.begin(request, arrived, self._on_accepted, self._on_trouble)
        except Exception:
            begun = False  # the task will meet the same, and say so
        if not begun:
            self._services.tasks.create_task(self._carry_out(request, arrived))

    def _on_accepted(self, id: UUID, version: int) -> None:
        """The move that was begun is durable."""
        self._outbox.put(to_client.accepted(id, version))
        self._working = False
        if self._waiting:
            self._start(*self._waiting.pop(0))
        elif self._ending:
            self._outbox.finish(close.DRAINING)

    def _on_trouble(self, rest: Coroutine[Any, Any, int]) -> None:
        """The move that was begun needs more than its append."""
        assert self._begun
        self._services.tasks.create_task(self._carry_out(*self._begun, rest))

    async def _carry_out(
        self, request: Request, arrived: float | None, rest: Coroutine[Any, Any, int] | None = None
    ) -> None:
        """Carry out a request, or the `rest` of it where it was begun, and then those that wait."""
        try:
            self._outbox.put(await self._participant.carry_out(request, arrived, rest))
            self._take_place()
            while self._waiting:
                self._outbox.put(await self._participant.carry_out(*self._waiting.pop(0)))
                self._take_place()
        except BadToken:
            self._outbox.close(close.BAD_TOKEN)
        except StoreUnavailable:
            self._close_store_away()
        except Exception:
            logger.exception("a command broke", extra={"game": self._game})
            self._outbox.close(close.INTERNAL_ERROR)
        finally:
            self._working = False
            if self._ending:
                self._outbox.finish(close.DRAINING)


def patience(number: int) -> TokenBucket:
    """A token bucket of `number` a minute, or at once."""
    return TokenBucket(number / 60, number, asyncio.get_running_loop().time)
