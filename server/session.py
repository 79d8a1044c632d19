"""One WebSocket: the only reader of it and the only writer to it."""

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Receive, Send

from server import messages
from server.credentials import Credentials
from server.drain import Drain
from server.event_store import EventStore, StoreUnavailable
from server.frame import Frame
from server.game.board import Seat
from server.game.events import GameId
from server.game.rejected import Code, Rejected
from server.handler import Handler
from server.hub import Hub
from server.messages import BadMessage, Ping, Request
from server.metrics import Metrics
from server.outbox import Close, Outbox
from server.participant import BadToken, Participant
from server.presence import Presence
from server.rate_limit import TokenBucket
from server.turn import Turn

logger = logging.getLogger(__name__)

WORK_SIZE = 64
"""How many requests of one socket may wait to be carried out."""
BAD_MESSAGES = 20
"""How many bad messages a socket may send in a minute, or at once, before it is closed."""
FAIR_SHARE = 16
"""How many messages of one socket are taken in before others have their turn."""
OVER_RATE = 200
"""How many messages beyond its rate a socket may send in a minute, or at once, before it is closed."""

TOGETHER = 64
"""How many frames are written in one piece at most."""

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
    turn: Turn


class Wire(Protocol):
    """A connection that takes frames as they go over the wire, at once, while it is `ready` for them. It
    calls `on_ready` when it is so again."""

    on_ready: Callable[[], None]
    on_text: Callable[[str], None] | None
    """Gets each text message, where it is set, which is then not received."""

    @property
    def ready(self) -> bool: ...

    def write(self, frame: bytes) -> None: ...


class Session:
    """A browser's, a bot's or a spectator's connection to one game. `rate` limits its messages, where given.

    It reads in the task that ASGI gave it. What was read is carried out by a second, and frames are sent by a
    third: each lives as long as there is any of it and belongs to the server. So reading goes on meanwhile, a
    slow database keeps no pong unheard, and a command in the middle of its commit is not cut off when its
    player leaves. Where there is a `wire`, frames are written to it instead, by whoever has them.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        wire: Wire | None,
        services: Services,
        game: GameId,
        after: int,
        rate: TokenBucket | None,
    ) -> None:
        self._receive, self._send, self._wire = receive, send, wire
        self._services, self._game, self._after, self._rate = services, game, after, rate
        self._participant = Participant(game, services.handler, services.credentials)
        self._outbox = Outbox()
        self._waiting: deque[Request] = deque()
        self._working = self._sending = self._writing = self._ending = self._gone = False
        clock = asyncio.get_running_loop().time
        self._bad = TokenBucket(BAD_MESSAGES / 60, BAD_MESSAGES, clock)
        self._over_rate = TokenBucket(OVER_RATE / 60, OVER_RATE, clock)
        self._place = contextlib.ExitStack()
        self._counted_at: tuple[Seat | None] | None = None

    async def run(self) -> None:
        """Serve the socket, which has been accepted, until either side closes it."""
        with (
            self._services.metrics.sockets.track_inprogress(),
            self._services.hub.subscribe(self._game, self._outbox) as subscription,
            self._services.drain.tell(self._end),
            self._place,
        ):
            try:
                # Subscribed already, so that nothing falls between what is read here and what is heard later.
                await subscription.catch_up()
                if subscription.version:
                    self._outbox.put(messages.welcome(self._game, subscription.version))
                    self._outbox.follow(subscription.commits, self._after)
                    self._take_place()
                else:
                    self._outbox.close(NO_SUCH_GAME)
            except StoreUnavailable:
                self._outbox.close(AWAY)
            except Exception:
                logger.exception("a session broke", extra={"game": self._game})
                self._outbox.close(BROKEN)
            self._open()
            try:
                await self._read()
            finally:
                self._gone = True
                self._waiting.clear()

    def _open(self) -> None:
        """Let out what is in the outbox, and what will be."""
        self._outbox.filled = self._start_sending
        if self._wire:
            self._outbox.filled = self._wire.on_ready = self._write_soon
            self._wire.on_text = self._hear
        self._outbox.filled()

    def _end(self) -> None:
        """Take in no more, finish and answer what was begun, and close."""
        self._ending = True
        if not self._working:
            self._outbox.finish(DRAINING)

    def _take_place(self) -> None:
        """Be counted where the participant is by now: among the spectators, or at a seat."""
        seat = self._participant.seat
        if self._gone or self._counted_at == (seat,):
            return
        self._place.close()
        self._place.enter_context(self._services.presence.at(self._game, seat))
        self._counted_at = (seat,)

    # Writing

    def _write_soon(self) -> None:
        if not self._writing:
            self._writing = True
            self._services.turn.at_end(self._write)

    def _write(self) -> None:
        """Write what there is, as long as the wire takes it: in one piece, which is one system call."""
        self._writing = False
        assert self._wire
        while self._wire.ready:
            frames: list[bytes] = []
            while isinstance(item := self._outbox.take(), Frame):
                frames.append(item.wire)
                if len(frames) == TOGETHER:
                    break
            if frames:
                self._wire.write(frames[0] if len(frames) == 1 else b"".join(frames))
            if isinstance(item, Close):
                self._start_sending()
            if not isinstance(item, Frame):
                return

    def _start_sending(self) -> None:
        if not (self._sending or self._gone):
            self._sending = True
            self._services.tasks.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while item := self._outbox.take():
                if isinstance(item, Frame):
                    await self._send({"type": "websocket.send", "text": item.text.decode()})
                else:
                    await self._send({"type": "websocket.close", "code": item.code, "reason": item.reason})
                    return  # nothing is sent any more
            self._sending = False
        except (OSError, RuntimeError):
            pass  # it is gone by now; who reads is told so
        except Exception:
            logger.exception("a session broke", extra={"game": self._game})

    # Reading

    async def _read(self) -> None:
        for number in itertools.count():
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            self._hear(message.get("text"))
            if number % FAIR_SHARE == 0:
                await asyncio.sleep(0)  # where messages wait, receiving them lets nobody else run

    def _hear(self, frame: str | None) -> None:
        if self._ending or self._gone:
            return
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
                answer = await self._participant.carry_out(self._waiting.popleft())
                self._outbox.put(answer)
                self._take_place()
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
