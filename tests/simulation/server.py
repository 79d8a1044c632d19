"""One life of a server, from its start to its end or its death: put together as server/app.py does it."""

import asyncio
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from server.credentials import Credentials
from server.database import Database
from server.drain import Drain
from server.event_store import StoreUnavailable
from server.game.commands import Command
from server.game.events import GameId
from server.game.rejected import Rejected
from server.handler import Handler
from server.hub import Hub
from server.messages import Commit
from server.metrics import Metrics
from server.outbox import Outbox
from server.presence import Presence
from server.pubsub import Listener, Publisher
from server.rate_limit import TokenBucket
from server.session import Services, Session
from server.sweep import Sweep
from server.turn import Turn
from tests.simulation.bus import Bus, Client
from tests.simulation.store import Log, SimulatedStore
from tests.simulation.wire import Socket
from tests.simulation.world import World

METRICS = Metrics()
"""Nobody looks at them, and a registry of its own for each server would take longer than its run."""

Answer = Callable[[int | Rejected | None], None]
"""Gets a version, a refusal, or None where it failed."""


class _InOrder(dict[Callable[[], None], None]):
    """Has what a Drain needs of a set, and is gone through in the order of adding."""

    def add(self, end: Callable[[], None]) -> None:
        self[end] = None

    def discard(self, end: Callable[[], None]) -> None:
        self.pop(end, None)


class Server:
    """A process. Its objects are the real ones; what they reach of the world outside is simulated."""

    def __init__(self, world: World, name: str, log: Log, bus: Bus, tokens: "Tokens") -> None:
        self.name, self._world = name, world
        self.accepting = False
        self.dead = False
        self.sockets: dict[Socket, None] = {}
        self.store = SimulatedStore(world, log)
        self.bell = Client(bus)
        self._origin = f"{name} {world.new_number()}".replace(" ", "-").encode()
        self._tokens = tokens
        self._end = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self.main = world.loop.create_task(self._live())

    async def _live(self) -> None:
        world = self._world
        async with (
            asyncio.TaskGroup() as background,
            asyncio.TaskGroup() as commands,
            asyncio.TaskGroup() as self._connections,
        ):
            hub = Hub(self.store, commands)
            publisher = Publisher(self.bell, self._origin, METRICS)
            presence = Presence(hub, publisher.presence, self.name, clock=world.loop.time)
            sweep = Sweep(self.store, hub, METRICS)

            def publish(commit: Commit) -> None:
                hub.deliver(commit)
                publisher.commit(commit)

            def heard(commit: Commit) -> None:
                self._handler.heard(commit)
                hub.deliver(commit)

            self._handler = Handler(self.store, publish, self.name, METRICS)
            listener = Listener(self.bell, self._origin, hub, heard, presence.heard, METRICS)
            drain = Drain()
            drain._told = cast("set[Callable[[], None]]", _InOrder())
            runs = [self.store.run, publisher.run, listener.run, presence.run]
            if world.setting.sweeps:
                runs.append(sweep.run)
            self._running = [background.create_task(run()) for run in runs]
            self._services = Services(
                store=self.store,
                handler=self._handler,
                credentials=Credentials(cast("Database", _TokenTable(self.store, self._tokens))),
                hub=hub,
                presence=presence,
                metrics=METRICS,
                tasks=commands,
                drain=drain,
                turn=Turn(),
            )
            self.accepting = True
            await self._end.wait()
            self.accepting = False
            await drain.run()
            for socket in list(self.sockets):
                socket.cut()
            self._cancel_running()

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
            result: int | Rejected | None = await self._handler.handle(game, command, id)
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
        self._bury()

    def _bury(self) -> None:
        """Clear away what was left: a task that is being ended by an error can miss that it is cancelled."""
        self._cancel_running()
        if not self.main.done():
            self._world.loop.call_later(0.1, self._bury)

    def _cancel_running(self) -> None:
        for task in self._running:
            task.cancel()


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
