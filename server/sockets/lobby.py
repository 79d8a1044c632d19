"""One WebSocket to the lobby: what is shown there goes out, and nothing is asked but pings."""

import asyncio
import itertools

from starlette.types import Receive, Send

from server.delivery.outbox import Outbox
from server.game.rejected import Code, Rejected
from server.metrics import LIMIT_HITS, LOBBY_SOCKETS
from server.services import Services
from server.serving.rate_limit import TokenBucket
from server.sockets.session import BAD_MESSAGES, FAIR_SHARE, OVER_RATE, RATE_LIMITED, patience
from server.sockets.writer import Wire, Writer
from server.wire import close, from_client, to_client
from server.wire.frame import Frame
from server.wire.from_client import BadMessage, Ping

NO_GAME = Rejected(Code.BAD_MESSAGE, "This is the lobby; a game has a socket of its own.")


class LobbySession:
    """The connection of one watcher; with `only_forgotten` it is told who was forgotten, and nothing else.
    `rate` limits its messages, if there is one."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        wire: Wire | None,
        services: Services,
        rate: TokenBucket | None,
        only_forgotten: bool = False,
    ) -> None:
        self._receive, self._services, self._rate = receive, services, rate
        self._only_forgotten = only_forgotten
        self._outbox = Outbox()
        self._writer = Writer(self._outbox, send, wire, services.end_of_tick, services.tasks)
        self._bad, self._over_rate = patience(BAD_MESSAGES), patience(OVER_RATE)

    async def run(self) -> None:
        """Serve the accepted socket until either side closes it."""
        services = self._services
        lobby, counts = services.lobby, services.metrics.counts
        counts[LOBBY_SOCKETS] += 1
        services.drain.register(self._end)
        try:
            self._outbox.put(to_client.lobby_welcome(services.clock.now()))
            self._writer.open()
            (lobby.listen if self._only_forgotten else lobby.watch)(self._outbox)
            await self._read()
        finally:
            counts[LOBBY_SOCKETS] -= 1
            services.drain.unregister(self._end)
            lobby.leave(self._outbox)
            self._writer.stop()

    def _end(self) -> None:
        self._outbox.finish(close.DRAINING)

    async def _read(self) -> None:
        for number in itertools.count(1):
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._services.metrics.count_close(message.get("code", 1005))
                return
            self._hear(message.get("text"))
            if number % FAIR_SHARE == 0:
                await asyncio.sleep(0)  # receiving a message that is there already never yields

    def _hear(self, frame: str | None) -> None:
        if self._rate is not None and not self._rate.try_spend():
            self._count_limit("message_rate")
            if not self._over_rate.try_spend():
                self._outbox.close(close.TOO_MANY_MESSAGES)
            self._outbox.put(to_client.rejected(None, RATE_LIMITED))
            return
        try:
            if frame is None:
                raise BadMessage("Messages are text.", None)
            message = from_client.decode(frame)
        except BadMessage as refusal:
            self._refuse(to_client.rejected(refusal.id, refusal))
            return
        if isinstance(message, Ping):
            self._outbox.put(to_client.pong(message.t, self._services.clock.now()))
        else:
            self._refuse(to_client.rejected(getattr(message, "id", None), NO_GAME))

    def _refuse(self, answer: Frame) -> None:
        if not self._bad.try_spend():
            self._count_limit("bad_messages")
            self._outbox.close(close.TOO_MANY_BAD_MESSAGES)
        self._outbox.put(answer)

    def _count_limit(self, name: str) -> None:
        self._services.metrics.counts[LIMIT_HITS[name]] += 1
