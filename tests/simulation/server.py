"""One life of a server, from start to end or crash: production's code with a simulated store and bus."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from starlette.types import Receive, Scope, Send

from server import services
from server.delivery.forgetting import Forgetting
from server.delivery.outbox import Outbox
from server.delivery.pubsub import Bell
from server.delivery.subscription import Subscription
from server.errors import StoreUnavailable
from server.game.commands import Command
from server.game.events import Event, GameId, PlayerId
from server.game.rejected import Rejected
from server.game_cache import GameCache
from server.handler import Handler
from server.metrics import Metrics
from server.processes.computer import Computer
from server.processes.deadlines import Deadlines
from server.processes.matching import Asked
from server.processes.referee import Referee
from server.processes.rematch import Rematch
from server.processes.thinking import Think
from server.projections.runner import Runner
from server.services import Services
from server.serving.drain import Drain
from server.serving.limits import Limits
from server.serving.rate_limit import TokenBucket
from server.serving.websocket import WIRE
from server.settings import Settings
from server.sockets.handshake import OpenSocket
from server.sockets.session import Resume, Session
from server.sockets.writer import Wire
from server.store.credentials import Credentials
from server.store.event_store import EventStore
from server.store.heartbeat import Beat
from server.store.names import SealedNames
from server.store.players import Players
from server.store.read_models import ReadModels
from server.store.waiting import Answer as Answered
from tests.simulation.bus import Bus, SimulatedBell
from tests.simulation.homes import Homes
from tests.simulation.store import Log, SimulatedStore
from tests.simulation.thinking import SimulatedThinking
from tests.simulation.wire import Socket
from tests.simulation.world import World
from tests.support.memory_players import MemoryPlayers
from tests.support.memory_read_models import MemoryReadModels, Tables
from tests.support.memory_waiting import MemoryWaitingGames

METRICS = Metrics()
"""Shared by all servers and read by nobody; to make one for each takes longer than a run."""
UNKNOWN_FOR = 2.0
"""Time after which a commit whose server died has taken effect or never will, in seconds."""
ADDRESS = "192.0.2.1"
"""Address of every client whose messages are limited."""

Answer = Callable[[int | Rejected | None], None]
"""Takes a version, a refusal, or None where the request failed."""


def _unchanged_store(store: EventStore) -> EventStore:
    return store


def _unchanged_bell(bell: Bell) -> Bell:
    return bell


def _unchanged_waiting(waiting: MemoryWaitingGames) -> MemoryWaitingGames:
    return waiting


def _unchanged_beat(beat: Beat) -> Beat:
    return beat


def _unchanged_models(models: ReadModels) -> ReadModels:
    return models


def _unchanged_thinking(think: Think) -> Think:
    return think


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts that a server is made of: production's own, unless a bug is planted in one of them."""

    store: Callable[[EventStore], EventStore] = _unchanged_store
    """Wraps the store."""
    bell: Callable[[Bell], Bell] = _unchanged_bell
    """Wraps the bell."""
    read_models: Callable[[ReadModels], ReadModels] = _unchanged_models
    """Wraps the read models."""
    waiting: Callable[[MemoryWaitingGames], MemoryWaitingGames] = _unchanged_waiting
    """Wraps the tables of who waits."""
    beat: Callable[[Beat], Beat] = _unchanged_beat
    """Wraps the heartbeat."""
    runner: type[Runner] = Runner
    referee: type[Referee] = Referee
    rematch: type[Rematch] = Rematch
    deadlines: type[Deadlines] = Deadlines
    computer: type[Computer] = Computer
    think: Callable[[Think], Think] = _unchanged_thinking
    """Wraps what thinks for the computer player."""
    cache: type[GameCache] = GameCache
    subscription: type[Subscription] = Subscription
    handler: type[Handler] = Handler
    session: type[Session] = Session
    outbox: type[Outbox] = Outbox
    names: type[SealedNames] = SealedNames
    forgetting: type[Forgetting] = Forgetting
    sweeping: bool = True


PRODUCTION = Parts()


class Server:
    """One process. Its store, its bell and its sockets are simulated; everything else is production's."""

    def __init__(
        self,
        world: World,
        name: str,
        log: Log,
        tables: Tables,
        bus: Bus,
        tokens: "Tokens",
        players: MemoryPlayers,
        homes: Homes,
        parts: Parts = PRODUCTION,
    ) -> None:
        self.name, self._world, self._homes, self._parts = name, world, homes, parts
        self.accepting = False
        self.dead = False
        self.sockets: dict[Socket, None] = {}
        self.store = SimulatedStore(world, log)
        self._read_models = MemoryReadModels(tables, self.store.call, self.store.open_transactions)
        self.bell = SimulatedBell(bus)
        database = _Database(self.store, tokens, players)
        self._credentials = Credentials(database, _no_seat)
        self._players, self._names = Players(database), parts.names(database)
        self._waiting = parts.waiting(
            MemoryWaitingGames(
                log.waiting, self.store.call, tokens.claim, partial(world.loop.call_later, UNKNOWN_FOR)
            )
        )
        self._process_name = f"{name} {world.new_number()}".replace(" ", "-")
        rate = world.setting.rate
        self._settings = Settings(message_rate=rate) if rate else Settings()
        self._limits = Limits(self._settings, world.loop.time)
        self._address = ADDRESS if rate else None  # without an address a client is exempt from limits
        self._open_socket = OpenSocket(self._open_session)
        skew = world.setting.skew * (2 * world.rng.random() - 1) if world.setting.skew else 0.0
        self._clock = lambda: world.loop.time() + skew
        self._end = asyncio.Event()
        self.main = world.loop.create_task(self._live())

    async def _live(self) -> None:
        world, parts = self._world, self._parts
        drain = Drain(world.rng.random)
        async with (
            self.store.running(),
            services.running(
                store=parts.store(self.store),
                database_time=self.store.time,
                beat=parts.beat(self.store.beat),
                read_models=parts.read_models(self._read_models),
                lists=_NoLists(),
                credentials=self._credentials,
                players=self._players,
                names=self._names,
                waiting=self._waiting,
                bell=parts.bell(self.bell),
                metrics=METRICS,
                drain=drain,
                server_name=self.name,
                process_name=self._process_name,
                clock=self._clock,
                processor_time=lambda: 0.0,
                sweeping=world.setting.sweeps and parts.sweeping,
                thinking_type=lambda metrics, tasks: SimulatedThinking(world, parts.think),
                computer_type=parts.computer,
                cache_type=parts.cache,
                subscription_type=parts.subscription,
                handler_type=parts.handler,
                runner_type=parts.runner,
                referee_type=parts.referee,
                rematch_type=parts.rematch,
                deadlines_type=parts.deadlines,
                forgetting_type=parts.forgetting,
            ) as self._services,
            asyncio.TaskGroup() as self._connections,
        ):
            self.accepting = True
            await self._end.wait()
            self.accepting = False
            await drain.run()
            for socket in list(self.sockets):
                socket.cut()

    def connect(self, socket: Socket, game: GameId, resume: str) -> None:
        """A handshake arrives, with the query `resume`."""
        home = self._homes.serving(game, self) if self.accepting else self
        if home is self:
            self._take(socket, game, resume)
        else:
            self._world.note(self.name, "passes on", socket.number, home.name)
            self._world.loop.call_later(self._world.delay(0.0), home._take, socket, game, resume)

    def _take(self, socket: Socket, game: GameId, resume: str) -> None:
        if self.accepting:
            self.sockets[socket] = None
            self._connections.create_task(self._serve(socket, game, resume))
        else:
            socket.cut()

    async def _serve(self, socket: Socket, game: GameId, resume: str) -> None:
        scope: Scope = {
            "type": "websocket",
            "path_params": {"game": str(game)},
            "query_string": resume.encode(),
            "headers": [],
            "client": (self._address, 0) if self._address else None,
            "state": {"services": self._services, "settings": self._settings, "limits": self._limits},
            "extensions": {WIRE: socket} if self._world.setting.wires else {},
        }
        try:
            await self._open_socket(scope, socket.receive, socket.send)
        finally:
            del self.sockets[socket]

    def _open_session(
        self, receive: Receive, send: Send, wire: Wire | None, services: Services, game: GameId,
        resume: Resume, rate: TokenBucket | None,
    ) -> Session:  # fmt: skip
        outbox = self._parts.outbox(self._world.setting.outbox)
        return self._parts.session(receive, send, wire, services, game, resume, rate, outbox)

    def ask(self, game: GameId, command: Command, id: UUID, answer: Answer) -> None:
        """A request over HTTP that gives `command` arrives. It may never be answered."""
        home = self._homes.serving(game, self) if self.accepting else self
        if home.accepting:
            home._connections.create_task(home._carry_out(game, command, id, answer))

    async def _carry_out(self, game: GameId, command: Command, id: UUID, answer: Answer) -> None:
        try:
            handler, seal = self._services.handler, self.seal
            result: int | Rejected | None = await handler.handle(game, command, id, before_append=seal)
        except Rejected as refusal:
            result = refusal
        except StoreUnavailable:
            result = None
        if not self.dead:
            self._world.loop.call_later(self._world.delay(0.0), answer, result)

    async def seal(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """`events` as they are recorded: with names, where nobody has a key."""
        return events

    def play_now(self, asked: Asked, game: GameId, answer: Callable[[Answered | None], None]) -> None:
        """A request to play now arrives. It may never be answered, and None says that it failed."""
        if self.accepting:
            self._connections.create_task(self._match(asked, game, answer))

    async def _match(self, asked: Asked, game: GameId, answer: Callable[[Answered | None], None]) -> None:
        try:
            result: Answered | None = await self._services.matching.seat(asked, game)
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
    """The rows of the table `credentials`, by game."""

    def __init__(self) -> None:
        self.rows: dict[GameId, list[dict[str, Any]]] = {}

    def add(self, game: GameId, player: PlayerId, token: str) -> None:
        row = {"player_id": player, "token": token, "token_hash": hashlib.sha256(token.encode()).digest()}
        self.rows.setdefault(game, []).append(row)

    def claim(
        self, name: str, game: GameId, player: PlayerId, token_hash: bytes, *, keep: bool
    ) -> list[dict[str, Any]]:
        """The row of a player, with the first token that came: as it would be, or with `keep` is."""
        assert name == "add_credential", name
        for row in self.rows.get(game, []):
            if row["player_id"] == player:
                return [row]
        row = {"player_id": player, "token_hash": token_hash}
        if keep:
            self.rows.setdefault(game, []).append(row)
        return [row]

    def copy(self, game: GameId, next: GameId) -> list[dict[str, Any]]:
        """Make the tokens of `game` those of `next`, too."""
        self.rows[next] = self.rows[game]
        return []


async def _no_seat(*_: object) -> NoReturn:
    raise AssertionError("clients of a simulation have their tokens, unless they play now")


class _NoLists:
    """A database that nobody lists anything from."""

    async def fetch(self, name: str, *args: Any) -> list[Any]:
        raise AssertionError(name)


class _Database:
    """The statements that read and copy a game's credentials, open names and forget players."""

    def __init__(self, store: SimulatedStore, tokens: Tokens, players: MemoryPlayers) -> None:
        self._store, self._tokens, self._players = store, tokens, players

    async def fetch(self, name: str, *args: Any) -> list[dict[str, Any]]:
        if name == "copy_credentials":
            return await self._store.call(lambda: self._tokens.copy(*args))
        if name != "credentials_of_game":
            return await self._store.call(lambda: self._players.rows(name, *args))
        [game, _] = args
        return await self._store.call(lambda: self._tokens.rows[game])
