"""One life of a server, from its start to its end or its death: the real services, simulated around."""

import asyncio
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from server import services
from server.delivery.outbox import Outbox
from server.errors import StoreUnavailable
from server.game.commands import Command
from server.game.events import GameId
from server.game.rejected import Rejected
from server.metrics import Metrics
from server.serving.drain import Drain
from server.serving.rate_limit import TokenBucket
from server.sockets.session import Session
from server.store.credentials import Credentials
from server.store.database import Database
from tests.simulation.bus import Bus, Client
from tests.simulation.store import Log, SimulatedStore
from tests.simulation.wire import Socket
from tests.simulation.world import World

METRICS = Metrics()
"""Nobody looks at them, and a registry of its own for each server would take longer than its run."""

Answer = Callable[[int | Rejected | None], None]
"""Gets a version, a refusal, or None where it failed."""


class Server:
    """A process. Its objects are the real ones; what they reach of the world outside is simulated."""

    def __init__(self, world: World, name: str, log: Log, bus: Bus, tokens: "Tokens") -> None:
        self.name, self._world = name, world
        self.accepting = False
        self.dead = False
        self.sockets: dict[Socket, None] = {}
        self.store = SimulatedStore(world, log)
        self.bell = Client(bus)
        self._process_name = f"{name} {world.new_number()}".replace(" ", "-")
        self._tokens = tokens
        self._end = asyncio.Event()
        self.main = world.loop.create_task(self._live())

    async def _live(self) -> None:
        world = self._world
        drain = Drain()
        async with (
            self.store.running(),
            services.running(
                store=self.store,
                credentials=Credentials(cast("Database", _TokenTable(self.store, self._tokens))),
                bell=self.bell,
                metrics=METRICS,
                drain=drain,
                server_name=self.name,
                process_name=self._process_name,
                clock=world.loop.time,
                sweeping=world.setting.sweeps,
            ) as self._services,
            asyncio.TaskGroup() as self._connections,
        ):
            self.accepting = True
            await self._end.wait()
            self.accepting = False
            await drain.run()
            for socket in list(self.sockets):
                socket.cut()

    def connect(self, socket: Socket, game: GameId) -> None:
        """A handshake has arrived."""
        if self.accepting:
            self.sockets[socket] = None
            self._connections.create_task(self._serve(socket, game))
        else:
            socket.cut()

    async def _serve(self, socket: Socket, game: GameId) -> None:
        setting, loop = self._world.setting, self._world.loop
        rate = TokenBucket(setting.rate, 2 * setting.rate, loop.time) if setting.rate else None
        try:
            await socket.receive()  # the handshake
            wire = socket if setting.wires else None
            outbox = Outbox(setting.outbox)
            await Session(
                socket.receive, socket.send, wire, self._services, game, socket.after, rate, outbox
            ).run()
        finally:
            del self.sockets[socket]

    def ask(self, game: GameId, command: Command, id: UUID, answer: Answer) -> None:
        """A request over HTTP has arrived that asks for `command`. The answer may never come."""
        if self.accepting:
            self._connections.create_task(self._carry_out(game, command, id, answer))

    async def _carry_out(self, game: GameId, command: Command, id: UUID, answer: Answer) -> None:
        try:
            result: int | Rejected | None = await self._services.handler.handle(game, command, id)
        except Rejected as refusal:
            result = refusal
        except StoreUnavailable:
            result = None
        if not self.dead:
            self._world.loop.call_later(self._world.delay(0.0), answer, result)

    def end(self) -> None:
        """Drain, and stop."""
        self._end.set()

    def die(self) -> None:
        """Stop between two steps: nothing that it still does has an effect."""
        self.dead, self.accepting = True, False
        self.store.cut_off = self.bell.cut_off = True
        if self.bell.line:
            self.bell.line.break_off()
        for socket in list(self.sockets):
            socket.cut()
            socket.on_text = None
        self.main.cancel()


class Tokens:
    """What the table of credentials holds: for each game, who may play whom."""

    def __init__(self) -> None:
        self.rows: dict[GameId, list[dict[str, Any]]] = {}


class _TokenTable:
    """A database whose only statement is that for a game's credentials."""

    def __init__(self, store: SimulatedStore, tokens: Tokens) -> None:
        self._store, self._tokens = store, tokens

    async def fetch(self, name: str, game: GameId) -> list[dict[str, Any]]:
        assert name == "credentials_of_game"
        return await self._store.fetch(lambda: self._tokens.rows[game])
