"""One run of a seed: games on several servers under faults, then without, then the check of all promises."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from server.delivery.subscription import read_log
from server.delivery.sweep import INTERVAL
from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.commands import Command, Create, Join
from server.game.events import GameId, PlayerId
from server.game.rejected import Rejected
from server.lost_histories import WENT_BACK
from server.store.event_store import START, RecordedEvent, StreamId
from tests.simulation import faults
from tests.simulation.bus import Bus
from tests.simulation.chaos import Chaos
from tests.simulation.checker import check
from tests.simulation.client import RETRY, Client
from tests.simulation.games import being_played, game_of
from tests.simulation.homes import Homes
from tests.simulation.journal import Asked, Journal
from tests.simulation.loop import Stuck, VirtualLoop
from tests.simulation.owed import Owed
from tests.simulation.server import PRODUCTION, Parts, Server, Tokens
from tests.simulation.store import Log, SimulatedStore
from tests.simulation.world import World
from tests.support.memory_players import MemoryPlayers
from tests.support.memory_read_models import Tables

UP_TO_DATE_WITHIN = 2.0 + INTERVAL
"""Longest time from the last fault until every client is up to date, in seconds."""
ABANDONED_WITHIN = 60.0
"""Longest time from the last fault until the opponent of a player who is gone has won, in seconds."""
PROCESSES = 3, 1
"""Of each so many seeds this one plays games in which processes have to act. The others are runs as before,
in which fewer things can hide a bug of the delivery."""
HOMES = 4, 2
"""Of each so many seeds, in this one servers pass connections on to the game's home."""
TRICKLING = 30.0
"""Additional time for a client that reads slowly all the time, in seconds."""

STRAYS = 0.5
"""Shortest time without faults, in seconds, in which delayed messages may still do harm."""
GIVE_UP = 60.0
"""Longest time until every client is up to date, in seconds, if something goes on delaying them."""
ENDED_WITHIN = 10.0
"""Longest time in which a server must end, in seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run."""

    seed: int
    violations: list[str]
    crashed: bool
    """True if the server's code failed with an error, which is among the violations."""
    trace: list[tuple[object, ...]]
    """Everything noted, after its virtual time; left out by seeds.run_all."""
    events: int
    """Number of events in the log."""
    faults: int
    """Number of faults of whole parts."""
    fingerprint: str
    """Hash over everything that could differ: the trace, the number of steps, the state of chance."""

    def __str__(self) -> str:
        return f"python -m tests.simulation {self.seed}  # {self.violations[0]}"


def simulate(seed: int, parts: Parts = PRODUCTION, kind: "type[Simulation] | None" = None) -> Outcome:
    """Run `seed` on servers made of `parts`. The same seed is the same run, to the last step."""
    rng = Random(seed)
    processes, homes = (seed % every == one for every, one in (PROCESSES, HOMES))
    setting = faults.choose(rng, processes=processes, homes=homes)
    loop = VirtualLoop(rng, shuffle=setting.shuffle)
    world = World(rng, setting, loop)
    simulation = (kind or Simulation)(world, parts)
    with _no_errors_logged(world):
        main = loop.create_task(simulation.run())
        try:
            loop.run_until_complete(main)
        except Stuck as stuck:
            world.violate(str(stuck))
    for error in loop.errors:
        world.crash(error)
    loop.close()
    state = repr((world.trace, loop.steps, rng.getstate()))
    return Outcome(
        seed=seed,
        violations=world.violations,
        crashed=world.crashed,
        trace=world.trace,
        events=len(simulation.log.events),
        faults=sum(1 for entry in world.trace if entry[1] == "fault"),
        fingerprint=hashlib.sha256(state.encode()).hexdigest(),
    )


class Simulation:
    """The servers, the games and the clients of one world."""

    server_type: type[Server] = Server
    client_type: type[Client] = Client

    def __init__(self, world: World, parts: Parts) -> None:
        log = Log(world)
        self.world, self.log, self.journal = world, log, Journal(log)
        self._parts = parts
        self._bus, self._tokens, self._players = Bus(world), Tokens(), MemoryPlayers()
        self._tables = Tables(log, world.loop.time)
        self._owed = Owed(world, log, self._tables)
        self._servers: dict[str, Server] = {}
        self._homes = Homes(world, self._servers)
        self._lives: list[Server] = []
        self._clients: list[Client] = []
        self._games: list[GameId] = []
        self._seats: dict[GameId, dict[Seat, PlayerId]] = {}
        self._over_http: list[Asked] = []

    async def run(self) -> None:
        world = self.world
        for number in range(world.setting.servers):
            self._start(f"server {number}")
        await asyncio.sleep(0.01)
        for _ in range(world.setting.games):
            self._open_game()
        following = world.loop.create_task(self._follow_log())
        world.faults = world.setting.faults
        chaos = Chaos(world, self.log, self._servers, self._homes, self._bus, self._clients, self._start)
        faulting = world.loop.create_task(chaos.run())
        self._plan(chaos)
        await asyncio.sleep(world.setting.window)
        world.note("calm")
        world.faults, world.playing = faults.NONE, False
        world.fault_until(world.loop.time())
        await faulting
        if world.setting.abandoned:
            await self._abandon()
        await self._bring_up_to_date()
        await self._move_on()
        world.over = True
        await following
        await self._stop()
        for violation in self._check():
            world.violate(violation)

    def _check(self) -> Iterator[str]:
        """The promises that were broken, once the run is over."""
        return check(self.log, self.journal)

    # Servers

    def _start(self, name: str) -> None:
        if self.world.over:
            return
        self.world.note("starts", name)
        life = self.server_type(
            self.world, name, self.log, self._tables, self._bus, self._tokens, self._players, self._homes,
            self._parts,
        )  # fmt: skip
        self._servers[name] = life
        self._lives.append(life)

    def _find_server(self) -> Server | None:
        up = [server for server in self._servers.values() if server.accepting]
        return self.world.rng.choice(up) if up else None

    async def _stop(self) -> None:
        """Drain or crash every server. Either way it has to end."""
        for client in self._clients:
            client.leave()
        for life in self._lives:
            if self.world.chance(0.5):
                life.end()
            else:
                life.die()
        self._break_bus_in(self.world.rng.randrange(40))
        for life in self._lives:
            await asyncio.wait([life.main], timeout=ENDED_WITHIN)
            if not life.main.done():
                self.world.violate(f"{life.name} was told to end and has not")
                life.die()
                await asyncio.wait([life.main])
            if not life.main.cancelled() and (error := life.main.exception()):
                self.world.crash(f"{life.name} failed: {error!r}")

    def _break_bus_in(self, steps: int) -> None:
        """Stop the bus a few steps later, as servers and Redis are often stopped together."""
        if steps:
            self.world.loop.call_soon(self._break_bus_in, steps - 1)
        else:
            self._bus.break_all()

    # Games

    def _open_game(self) -> None:
        world, game = self.world, GameId(self.world.new_id())
        self._games.append(game)
        players = self._seats[game] = {seat: PlayerId(world.new_id()) for seat in Seat}
        for seat, player in players.items():
            self._tokens.add(game, player, f"token of {seat}")
        number = len(self._games)

        def created() -> None:
            self._sit(game, number, Seat.YELLOW, "yellow")
            self._watch(game, number)
            joining = Join(player=players[Seat.RED], name="Grace")
            self._ask(game, joining, partial(self._sit, game, number, Seat.RED, "red"))

        creating = Create(
            player=players[Seat.YELLOW],
            name="Ada",
            seat=Seat.YELLOW,
            rated=world.setting.rated,
            clock=world.setting.clock,
        )
        self._ask(game, creating, created)

    def _watch(self, game: GameId, number: int) -> None:
        """All that come to a game besides its two players."""
        setting = self.world.setting
        self._sit(game, number, None, "spectator")
        if setting.trickling:
            self._sit(game, number, None, "slow spectator", trickles=True)
        if setting.restless:
            self._sit(game, number, None, "restless spectator", restless=True)
        if setting.tabs:
            self._sit(game, number, Seat.YELLOW, "yellow's other tab")

    def _sit(
        self, game: GameId, number: int, seat: Seat | None, name: str, *,
        trickles: bool = False, restless: bool = False,
    ) -> None:  # fmt: skip
        player = self._seats[game][seat] if seat else None
        [token] = [row["token"] for row in self._tokens.rows[game] if row["player_id"] == player] or [None]
        client = self.client_type(
            self.world, f"{name} {number}", game, token, seat, player, self.log, self.journal,
            self._find_server, trickles=trickles, restless=restless, on_rematch=self._follow,
        )  # fmt: skip
        self._clients.append(client)
        client.connect()

    def _follow(self, game: GameId, next: GameId) -> None:
        """Lead everybody over to the next game, once it is there."""
        if next in self._seats or self.world.over:
            return
        if not self.log.version(StreamId(next)):
            self.world.loop.call_later(RETRY, self._follow, game, next)
            return
        self._seats[next] = {seat.other: player for seat, player in self._seats[game].items()}
        self._games.append(next)
        number = len(self._games)
        self._sit(next, number, Seat.YELLOW, "yellow")
        self._sit(next, number, Seat.RED, "red")
        self._sit(next, number, None, "spectator")

    def _ask(self, game: GameId, command: Command, done: Callable[[], None]) -> None:
        """Give `command` over HTTP, again and again under one id until it is answered; then call `done`."""
        world, id = self.world, self.world.new_id()
        asked = self.journal.give(id, StreamId(game), command)
        self._over_http.append(asked)

        def attempt() -> None:
            if asked.settled:
                return
            if server := self._find_server():
                self.journal.sent(id, 0)
                world.loop.call_later(world.delay(0.0), server.ask, game, command, id, answer)
            world.loop.call_later(RETRY, attempt)

        def answer(result: int | Rejected | None) -> None:
            settled = asked.settled
            if result is not None:
                self.journal.answered(id, 0, result.code if isinstance(result, Rejected) else result)
            world.note("http", command, id, asked.answers[-1:] or "failed")
            if asked.accepted and not settled:
                done()

        attempt()

    # The end

    async def _follow_log(self) -> None:
        """Read the whole log by checkpoint while it grows: each event has to come once, in commit order."""
        store = SimulatedStore(self.world, self.log)
        after, seen = START, list[RecordedEvent]()
        while not self.world.over or len(self._kept(seen)) < len(self.log.events):
            with contextlib.suppress(StoreUnavailable):
                async for checkpoint, events in read_log(store, after, batch=5):
                    after, seen = checkpoint, seen + events
            await asyncio.sleep(0.2)
        if self._kept(seen) != self.log.events:
            self.world.violate("a reader of the whole log has seen another log")

    def _kept(self, seen: list[RecordedEvent]) -> list[RecordedEvent]:
        """Those of the events that the log has not lost."""
        return [event for event in seen if event not in self.log.lost]

    async def _bring_up_to_date(self) -> None:
        """Wait until every client is up to date, and what processes have to do is done, but no longer than
        was promised."""
        world = self.world
        give_up = world.loop.time() + GIVE_UP
        settled_by = world.loop.time() + STRAYS
        while not world.violations:
            late = [client for client in self._clients if not client.gone and not client.up_to_date]
            waiting = [asked for asked in self._over_http if not asked.settled]
            open = self._owed.games(give_up)
            folded = bool(open) or self._owed.folded(give_up)
            if not late and not waiting and not open and folded and world.loop.time() > settled_by:
                return
            now, deadline = world.loop.time(), min(world.last_fault + UP_TO_DATE_WITHIN, give_up)
            deadline = max(deadline, world.last_commit + UP_TO_DATE_WITHIN)
            for client in late:
                if now > deadline + (TRICKLING if client.trickles else 0.0):
                    recorded, after = self.log.version(StreamId(client.game)), now - world.last_fault
                    world.violate(
                        f"{client.name} has {client.version} of {recorded} events and waits for "
                        f"{len(client.pending)} answers {after:.1f} s after the last fault"
                    )
            if waiting and now > deadline:
                world.violate(f"{waiting[0].command} is not answered")
            await asyncio.sleep(0.1)

    # Players who go, and games that go on

    def _plan(self, chaos: Chaos) -> None:
        """What happens once in a run, beside the faults that come at random."""
        setting, loop = self.world.setting, self.world.loop
        if setting.outage:
            loop.call_later(self.world.rng.uniform(0.5, 1.5), chaos.outage)
        if setting.deserted:
            loop.call_later(setting.window * self.world.rng.uniform(0.3, 1.0), self._desert, chaos)

    def _desert(self, chaos: Chaos) -> None:
        """The players of the first game go, and what servers had in memory may go with them."""
        for client in self._clients:
            if client.seat and client.game == self._games[0]:
                client.leave_for_good()
        if self._clients and self.world.chance(0.5):
            for server in list(self._servers.values()):
                chaos.crash(server, self._clients[0])

    async def _abandon(self) -> None:
        """One player of the first game goes, and the other claims it."""
        world, stream = self.world, StreamId(self._games[0])
        gone = world.rng.choice(list(Seat))
        for client in self._clients:
            if client.seat is gone and client.game == self._games[0]:
                client.leave_for_good()
        while not world.violations and being_played(self.log.streams.get(stream, [])):
            now = world.loop.time()
            if now > world.last_fault + ABANDONED_WITHIN:
                world.violate(f"{gone} has left {stream} for {now - world.last_fault:.1f} s")
            for client in self._clients:
                if client.seat is gone.other and client.game == self._games[0]:
                    client.claim_abandonment()
            await asyncio.sleep(1.0)

    async def _move_on(self) -> None:
        """Every game that is not over can be moved in."""
        world = self.world
        for id, stream in list(self.log.streams.items()):
            if not being_played(stream) or world.violations:
                continue
            version, deadline = len(stream), world.loop.time() + UP_TO_DATE_WITHIN
            movers = [client for client in self._clients if client.game == id and not client.gone]
            mover = next((client for client in movers if client.seat is game_of(stream).next), None)
            while mover and len(stream) == version and not world.violations:
                mover.move_anywhere()
                await asyncio.sleep(0.05)
                if world.loop.time() > deadline:
                    world.violate(f"nobody can move in {id}")
            if len(stream) > version:
                await self._bring_up_to_date()


class _Errors(logging.Handler):
    """Notes every error that a server logs: it logs one only where it has a bug, or the log went back."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == WENT_BACK and self._world.went_back:
            return
        error = record.exc_info and record.exc_info[1]
        self._world.crash(f"logged: {record.getMessage()}: {error!r}")


@contextlib.contextmanager
def _no_errors_logged(world: World) -> Iterator[None]:
    logger, errors = logging.getLogger("server"), _Errors(world)
    logger.addHandler(errors)
    propagated, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.removeHandler(errors)
        logger.propagate = propagated
