"""The only writer to a socket."""

import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from starlette.types import Send

from server.delivery.outbox import Outbox
from server.game.events import GameId
from server.serving.end_of_tick import EndOfTick
from server.tasks import Tasks
from server.wire.close import INTERNAL_ERROR
from server.wire.frame import Frame

logger = logging.getLogger(__name__)


class Wire(Protocol):
    """A connection that frames are written to as they go over the wire, without waiting, while it is `ready`.
    It calls `on_ready` when it becomes ready again."""

    on_ready: Callable[[], None]
    on_text: Callable[[str], None] | None
    """Called with each text message, which is then not received through ASGI; None to receive them there."""

    @property
    def ready(self) -> bool: ...

    def lag(self) -> float | None:
        """Time that the peer took to answer the last ping, in seconds; None before the first answer."""

    def write(self, frame: bytes) -> None: ...


class Writer:
    """Sends what is in an outbox, in its order.

    Frames are written to the `wire`, if there is one, at the end of the tick in which they were put into the
    outbox. Without a wire, and to close, a task of the server's sends through ASGI until the outbox is empty.
    """

    __slots__ = (
        "_end_of_tick",
        "_game",
        "_outbox",
        "_send",
        "_sending",
        "_stopped",
        "_tasks",
        "_wire",
    )

    def __init__(
        self,
        outbox: Outbox,
        send: Send,
        wire: Wire | None,
        end_of_tick: EndOfTick,
        tasks: Tasks,
        game: GameId | None = None,
    ) -> None:
        self._outbox, self._send, self._wire = outbox, send, wire
        self._end_of_tick, self._tasks, self._game = end_of_tick, tasks, game
        self._sending = self._stopped = False

    def open(self) -> None:
        """Send what is in the outbox, and what will be."""
        self._outbox.filled = self._outbox.flush = self._start_sending
        if self._wire:
            self._outbox.flush = self._write
            self._outbox.filled = self._wire.on_ready = partial(self._end_of_tick.call, self._write)
        self._outbox.filled()

    def stop(self) -> None:
        """Send nothing more: the socket is gone."""
        self._stopped = True
        self._outbox.filled = self._outbox.flush = lambda: (
            None
        )  # else each refers to the other until the garbage collector runs

    def _write(self) -> None:
        """Write what is in the outbox while the wire is ready: in one piece, which is one system call."""
        assert self._wire
        more = True
        while more and self._wire.ready and not self._sending:
            piece, more = self._outbox.pop_wire()
            if piece:
                self._wire.write(piece)
            elif more:
                self._start_sending()
                return

    def _start_sending(self) -> None:
        if not (self._sending or self._stopped):
            self._sending = True
            self._tasks.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while item := self._outbox.pop():
                if isinstance(item, Frame):
                    await self._send({"type": "websocket.send", "text": item.text.decode()})
                else:
                    await self._send({"type": "websocket.close", "code": item.code, "reason": item.reason})
                    return  # nothing is sent any more
            self._sending = False
        except OSError:
            pass  # the socket is gone (ASGI's word for it); the session hears so when it reads
        except Exception:
            logger.exception("a socket cannot be written to", extra={"game": self._game})
            with contextlib.suppress(Exception):  # it is closed if it can be
                await self._send(
                    {"type": "websocket.close", "code": INTERNAL_ERROR.code, "reason": INTERNAL_ERROR.reason}
                )
