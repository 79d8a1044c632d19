"""The only writer to a socket."""

import logging
from collections.abc import Callable
from typing import Protocol

from starlette.types import Send

from server.delivery.outbox import Outbox
from server.game.events import GameId
from server.serving.end_of_tick import EndOfTick
from server.tasks import Tasks
from server.wire.close import Close
from server.wire.frame import Frame

logger = logging.getLogger(__name__)

TOGETHER = 64
"""How many frames are written in one piece at most."""


class Wire(Protocol):
    """A connection that takes frames as they go over the wire, at once, while it is `ready` for them. It
    calls `on_ready` when it is so again."""

    on_ready: Callable[[], None]
    on_text: Callable[[str], None] | None
    """Gets each text message, where it is set, which is then not received."""

    @property
    def ready(self) -> bool: ...

    def lag(self) -> float | None:
        """How long the peer took to answer the last ping, in seconds; None where it was not asked yet."""

    def write(self, frame: bytes) -> None: ...


class Writer:
    """Lets out what is in an outbox, in its order.

    Where there is a `wire`, frames are written to it by whoever has them, at the end of the tick. Otherwise,
    and to close, a task of the server's sends through ASGI, and lives as long as there is something to send.
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
        "_writing",
    )

    def __init__(
        self,
        outbox: Outbox,
        send: Send,
        wire: Wire | None,
        end_of_tick: EndOfTick,
        tasks: Tasks,
        game: GameId,
    ) -> None:
        self._outbox, self._send, self._wire = outbox, send, wire
        self._end_of_tick, self._tasks, self._game = end_of_tick, tasks, game
        self._sending = self._writing = self._stopped = False

    def open(self) -> None:
        """Let out what is in the outbox, and what will be."""
        self._outbox.filled = self._start_sending
        if self._wire:
            self._outbox.filled = self._wire.on_ready = self._write_soon
        self._outbox.filled()

    def stop(self) -> None:
        """Begin nothing any more: the socket is gone."""
        self._stopped = True
        self._outbox.filled = lambda: None  # else each holds the other, until the garbage collector comes

    def _write_soon(self) -> None:
        if not self._writing:
            self._writing = True
            self._end_of_tick.call(self._write)

    def _write(self) -> None:
        """Write what there is, as long as the wire takes it: in one piece, which is one system call."""
        self._writing = False
        assert self._wire
        if self._sending or not self._wire.ready:
            return
        if news := self._outbox.pop_latest():
            self._wire.write(news.wire)
            return
        while self._wire.ready:
            frames: list[bytes] = []
            while isinstance(item := self._outbox.pop(), Frame):
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
        except (OSError, RuntimeError):
            pass  # it is gone by now; who reads is told so
        except Exception:
            logger.exception("a session broke", extra={"game": self._game})
