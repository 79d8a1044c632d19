"""Faults of whole parts: servers that crash or drain, sockets that break, a bus or a store that is away."""

import asyncio
from collections.abc import Callable

from server.game.clock import GRACE
from server.game.offers import OpenOffer
from server.store.event_store import StreamId
from tests.simulation.bus import Bus
from tests.simulation.client import Client
from tests.simulation.faults import OUTAGE
from tests.simulation.games import being_played, due, game_of, is_timed
from tests.simulation.homes import Homes
from tests.simulation.server import Server
from tests.simulation.store import Log
from tests.simulation.world import World

STARTED = 4
"""Version of a game that has just started."""
AWAY = 0.6
"""Longest time for which a part is away, in seconds."""
DECIDING = 0.01
"""Longest time that a referee needs from deciding on a flag to its commit, in seconds."""


class Chaos:
    """Injects the faults named in `world.faults.kinds`, each of which is a method here, one after the other.

    `start` starts a server by its name.
    """

    def __init__(
        self, world: World, log: Log, servers: dict[str, Server], homes: Homes, bus: Bus,
        clients: list[Client], start: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._world, self._log, self._servers, self._bus, self._clients = world, log, servers, bus, clients
        self._homes, self._start = homes, start

    async def run(self) -> None:
        """Inject faults until there are to be none any more."""
        world = self._world
        while world.faults.kinds:
            await asyncio.sleep(2 * world.faults.pause * world.rng.random())
            if world.faults.kinds and self._clients:
                kind = world.rng.choice(world.faults.kinds)
                server = world.rng.choice(list(self._servers.values()))
                client = world.rng.choice(self._clients)
                world.note("fault", kind, server.name, client.name)
                world.fault_until(world.loop.time())
                getattr(self, kind)(server, client)

    def crash(self, server: Server, client: Client) -> None:
        """A server dies, now or after a few more steps, and starts again a while later."""
        if server.accepting:
            self._die_in(server, self._world.rng.randrange(12))

    def kill_home(self, server: Server, client: Client) -> None:
        """The server dies that has all sockets of a game, and with it those that are on their way to it."""
        if home := self._homes.of(client.game):
            self.crash(home, client)

    def homes_disputed(self, server: Server, client: Client) -> None:
        """Any server takes itself for a game's home for a while, and its sockets are cut and come back."""
        self._homes.disputed_until = self._world.loop.time() + AWAY
        for each in self._clients:
            if each.game == client.game and each.socket:
                each.socket.cut()

    def _die_in(self, server: Server, steps: int) -> None:
        if steps:
            self._world.loop.call_soon(self._die_in, server, steps - 1)
        elif not server.dead:
            server.die()
            self._restart(server)

    def drain(self, server: Server, client: Client) -> None:
        """A server is told to end, and starts again a while later."""
        if server.accepting:
            server.end()
            self._world.fault_until(self._world.loop.time() + 1.0)
            server.main.add_done_callback(lambda _: None if server.dead else self._restart(server))

    def _restart(self, server: Server) -> None:
        away = AWAY * self._world.rng.random()
        self._world.fault_until(self._world.loop.time() + away)
        self._world.loop.call_later(away, self._start, server.name)

    def cut_socket(self, server: Server, client: Client) -> None:
        if client.socket:
            client.socket.cut()

    def slow_socket(self, server: Server, client: Client) -> None:
        """A client reads slowly for a while."""
        if (socket := client.socket) and not client.trickles:
            socket.pace, socket.slowed = 0.15 * self._world.rng.random(), True
            self._after_a_while(lambda: setattr(socket, "pace", 0.0))

    def cut_bus(self, server: Server, client: Client) -> None:
        """A server's listening connection breaks, and it opens another."""
        if server.bell.line:
            server.bell.line.break_off()
            self._world.fault_until(self._world.loop.time() + 0.5)

    def deaf_bus(self, server: Server, client: Client) -> None:
        """A server's listening connection stays open, but nothing comes through for a while."""
        if line := server.bell.line:
            line.deaf = True
            self._after_a_while(lambda: setattr(line, "deaf", False))

    def restart_bus(self, server: Server, client: Client) -> None:
        """The bus is away for a while, and all connections to it break."""
        self._bus.away_until = self._world.loop.time() + AWAY * self._world.rng.random()
        self._bus.break_all()
        self._world.fault_until(self._bus.away_until + 0.5)

    def store_goes_back(self, server: Server, client: Client) -> None:
        """A game loses its last commits. What both players need to be seated stays."""
        stream = self._log.streams.get(StreamId(client.game), [])
        if len(stream) <= STARTED:
            return
        self._go_back(StreamId(client.game), self._world.rng.randrange(STARTED, len(stream)))

    def loses_an_offer(self, server: Server, client: Client) -> None:
        """A game loses the offer that is open, and what came after it."""
        if open := self._open_offer(client):
            self._go_back(StreamId(client.game), max(STARTED, open.version - 1))

    def _open_offer(self, client: Client) -> OpenOffer | None:
        return game_of(self._log.streams.get(StreamId(client.game), [])).offers.open

    def _go_back(self, game: StreamId, kept: int) -> None:
        stream = self._log.streams[game]
        while kept < len(stream) and stream[kept].transaction_id == stream[kept - 1].transaction_id:
            kept -= 1
        self._world.went_back = True
        self._world.note("goes back", game, kept)
        self._log.go_back(game, kept)

    def store_away(self, server: Server, client: Client) -> None:
        """The store is out of reach for a while, for one server or for all."""
        until = self._world.loop.time() + AWAY * self._world.rng.random()
        everybody = self._world.chance(0.5)
        self._store_away(list(self._servers.values()) if everybody else [server], until)

    def outage(self) -> None:
        """The store is out of reach for all servers for so long that it is a downtime."""
        self._world.note("fault", "outage")
        self._log.away_until = self._world.loop.time() + self._world.rng.uniform(*OUTAGE)
        self._world.fault_until(self._log.away_until)

    def _store_away(self, servers: list[Server], until: float) -> None:
        for server in servers:
            server.store.away_until = max(until, server.store.away_until)
        self._world.fault_until(until)

    def away_at_the_flag(self, server: Server, client: Client) -> None:
        """The store is out of reach for all servers when the time of a player is up."""

        def begin() -> None:
            until = self._world.loop.time() + AWAY * self._world.rng.random()
            self._store_away(list(self._servers.values()), until)

        self._at_the_flag(client, begin, -0.2)

    def crash_at_the_flag(self, server: Server, client: Client) -> None:
        """A server dies while its referee ends a game."""
        name = server.name

        def begin() -> None:
            server = self._servers[name]
            if server.accepting:
                server.die()
                self._restart(server)

        self._at_the_flag(client, begin, GRACE.total_seconds() + DECIDING * self._world.rng.random())

    def _at_the_flag(self, client: Client, begin: Callable[[], None], after: float) -> None:
        """Begin a fault so many seconds after the time of a player is up, in the first turn of which the end
        comes that near."""
        stream = self._log.streams.get(StreamId(client.game), [])

        def look() -> None:
            if not self._world.faults.kinds or not is_timed(stream) or not being_played(stream):
                return
            at = due(stream, self._log.downtimes).timestamp() + after
            if at > self._world.loop.time():
                self._world.loop.call_at(at, look)
            else:
                begin()

        look()

    def _after_a_while(self, end: Callable[[], None]) -> None:
        seconds = AWAY * self._world.rng.random()
        self._world.fault_until(self._world.loop.time() + seconds)
        self._world.loop.call_later(seconds, end)
