"""One WebSocket: the only reader of it and the only writer to it."""

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from server import messages
from server.credentials import Credentials
from server.drain import Drain
from server.event_store import EventStore, StoreUnavailable, StreamId
from server.game.board import Seat
from server.game.events import GameId
from server.game.rejected import Code, Rejected
from server.handler import Handler
from server.hub import Close, Hub, Outbox, Resync
from server.messages import BadMessage, Commit, Ping, Request
from server.metrics import Metrics
from server.participant import BadToken, Participant
from server.presence import Presence
from server.rate_limit import TokenBucket
from server.subscriptions import Subscription

logger = logging.getLogger(__name__)

WORK_SIZE = 64
"""How many requests of one socket may wait to be carried out."""
BAD_MESSAGES = 20
"""How many bad messages a socket may send in a minute, or at once, before it is closed."""
FAIR_SHARE = 16
"""How many messages of one socket are taken in before others have their turn."""
OVER_RATE = 200
"""How many messages beyond its rate a socket may send in a minute, or at once, before it is closed."""

RATE_LIMITED = Rejected(Code.RATE_LIMITED, "Too many messages; slow down.")

DRAINING = Close(1001, "the server ends; come back with after")
FLOOD = Close(1008, "too many messages")
NONSENSE = Close(1008, "too many bad messages")
BROKEN = Close(1011, "")
FULL = Close(1013, "too many sockets")
AWAY = Close(1013, "the database is away")
NO_SUCH_GAME = Close(4404, "no such game")
BAD_TOKEN = Close(4401, "bad token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every session works with. `tasks` is that of the whole server."""

    store: EventStore
    handler: Handler
    credentials: Credentials
    hub: Hub
    presence: Presence
    metrics: Metrics
    tasks: asyncio.TaskGroup
    drain: Drain


class Session:
    """A browser's, a bot's or a spectator's connection to one game. `rate` limits its messages, where given.

    One task reads and one writes. What was read is carried out by a third, which lives as long as there is
    any of it and belongs to the server: reading goes on meanwhile, so that a slow database keeps no pong
    unheard, and a command in the middle of its commit is not cut off when its player leaves.
    """

    def __init__(
        self, socket: WebSocket, services: Services, game: GameId, after: int, rate: TokenBucket | None
    ) -> None:
        self._socket, self._services, self._game, self._rate = socket, services, game, rate
        self._subscription = Subscription(services.store, game, after)
        self._participant = Participant(game, services.handler, services.credentials)
        self._outbox = Outbox()
        self._waiting: deque[Request] = deque()
        self._working = self._ending = False
        clock = asyncio.get_running_loop().time
        self._bad = TokenBucket(BAD_MESSAGES / 60, BAD_MESSAGES, clock)
        self._over_rate = TokenBucket(OVER_RATE / 60, OVER_RATE, clock)
        self._place = contextlib.ExitStack()
        self._counted_at: tuple[Seat | None] | None = None

    async def run(self) -> None:
        """Serve the socket, which has been accepted, until either side closes it."""
        close: Close | None = None
        try:
            with (
                self._services.metrics.sockets.track_inprogress(),
                self._services.hub.subscribe(self._game, self._outbox, self._subscription),
                self._services.drain.tell(self._end),
                self._place,
            ):
                close = await self._serve()
        except* WebSocketDisconnect:
            pass
        except* StoreUnavailable:
            close = AWAY
        except* Exception:
            logger.exception("a session broke", extra={"game": self._game})
            close = BROKEN
        finally:
            self._waiting.clear()
        if close:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # closed by now
                await self._socket.close(close.code, close.reason)

    async def _serve(self) -> Close:
        # Subscribed already, so that nothing falls between what is read here and what is heard later.
        history = await self._subscription.catch_up()
        version = history[-1].last if history else await self._services.store.version(StreamId(self._game))
        if not version:
            return NO_SUCH_GAME
        await self._socket.send_text(messages.welcome(self._game, version))
        await self._send_commits(history)
        self._take_place()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read())
            close = await self._write()
            reading.cancel()
        return close

    def _end(self) -> None:
        """Take in no more, finish and answer what was begun, and close."""
        self._ending = True
        if not self._working:
            self._outbox.finish(DRAINING)

    def _take_place(self) -> None:
        """Be counted where the participant is by now: among the spectators, or at a seat."""
        seat = self._participant.seat
        if self._counted_at == (seat,):
            return
        self._place.close()
        self._place.enter_context(self._services.presence.at(self._game, seat))
        self._counted_at = (seat,)

    # Writing

    async def _write(self) -> Close:
        while True:
            match await self._outbox.get():
                case str() as frame:
                    self._take_place()
                    await self._socket.send_text(frame)
                case Commit() as commit:
                    await self._give_out(self._subscription.take(commit))
                case Resync():
                    await self._give_out(self._subscription.catch_up())
                case Close() as close:
                    return close

    async def _give_out(self, reading: Awaitable[list[Commit]]) -> None:
        # With the database away the socket stays and keeps what it has; the sweep tells when there is more.
        with contextlib.suppress(StoreUnavailable):
            await self._send_commits(await reading)

    async def _send_commits(self, commits: list[Commit]) -> None:
        for commit in commits:
            await self._socket.send_text(commit.frame)

    # Reading

    async def _read(self) -> None:
        for number in itertools.count():
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            if not self._ending:
                self._take_in(message.get("text"))
            if number % FAIR_SHARE == 0:
                await asyncio.sleep(0)  # where messages wait, receiving them lets nobody else run

    def _take_in(self, frame: str | None) -> None:
        try:
            if frame is None:
                raise BadMessage("Messages are text.", None)
            message = messages.decode(frame)
        except BadMessage as refusal:
            if not self._bad.take():
                self._outbox.close(NONSENSE)
            self._outbox.put(messages.rejected(refusal.id, refusal))
            return
        over_rate = self._rate is not None and not self._rate.take()
        if over_rate and not self._over_rate.take():
            self._outbox.close(FLOOD)
        if over_rate or len(self._waiting) >= WORK_SIZE:
            self._outbox.put(messages.rejected(getattr(message, "id", None), RATE_LIMITED))
        elif isinstance(message, Ping):
            self._outbox.put(messages.pong(message.t))
        else:
            self._waiting.append(message)
            if not self._working:
                self._working = True
                self._services.tasks.create_task(self._carry_out())

    # Carrying out, in the order of arrival

    async def _carry_out(self) -> None:
        try:
            while self._waiting:
                self._outbox.put(await self._participant.carry_out(self._waiting.popleft()))
        except BadToken:
            self._outbox.close(BAD_TOKEN)
        except StoreUnavailable:
            self._outbox.close(AWAY)
        except Exception:
            logger.exception("a command broke", extra={"game": self._game})
            self._outbox.close(BROKEN)
        finally:
            self._working = False
            if self._ending:
                self._outbox.finish(DRAINING)
