"""Runs in which players are forgotten while their games go on, and what has to hold of their names.

`python -m tests.simulation.forgetting --seeds 3000` runs more of them than the suite, and `--pin 1000` prints
the seeds that find each planted bug.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from server.errors import StoreUnavailable
from server.game.board import Seat
from server.game.events import Event, PlayerId, PlayerJoined
from server.store import codec, names
from server.store.event_store import StreamId
from server.store.history import canonical, hash_of
from server.store.names import FORGOTTEN, KEY_BYTES, NO_NAME
from tests.simulation import long_form
from tests.simulation.bugs.forgetting import BUGS
from tests.simulation.chaos import Chaos
from tests.simulation.client import RETRY, Client
from tests.simulation.run import Outcome, Simulation, simulate
from tests.simulation.server import PRODUCTION, Parts, Server
from tests.simulation.store import Json
from tests.simulation.wire import Socket
from tests.simulation.world import World
from tests.support.memory_players import MemoryPlayers

GONE_WITHIN = 2.0
"""Longest time from the last fault until no client is shown a name that is to be forgotten, in seconds."""
UNSEEN = timedelta(seconds=0.5)
"""Longest time by which it is seen late that somebody was forgotten: the time that is noted of it is that at
which the transaction began."""
FORGOTTEN_SHARE = 0.6
"""Probability that a player is forgotten in a run."""
BY_OPERATOR = 0.3
"""Probability that it is by a command, which tells no server of it."""
WHILE_READ = 0.5
"""Probability that it is while a server reads the key, the next time that one does."""
SLOW = 0.3
"""Least probability that a call to the store is slow: a key arrives late."""
DIES = 0.3
"""Probability that a server dies while it forgets somebody."""
LATE = 2
"""Number of spectators that come to each game when all is over."""
ROOM = 4
"""Least size of an outbox, in frames: a welcome, two players who were forgotten, and a seat."""


@dataclass(slots=True)
class Person:
    """A player, the name, and the key that whoever asks as this player has from before."""

    name: str
    key: bytes
    forgotten_at: float | None = None
    """The time at which the key was destroyed."""


class People(MemoryPlayers):
    """The tables of keys and of forgotten players, on a run's clock, and who these are."""

    def __init__(self, world: World) -> None:
        super().__init__(lambda: datetime.fromtimestamp(world.loop.time(), UTC))
        self._world = world
        self.persons: dict[PlayerId, Person] = {}
        self.on_read: dict[PlayerId, Callable[[], None]] = {}
        """What is to be done shortly after the key of a player was read."""

    def add(self, player: PlayerId, name: str) -> None:
        key = self._world.rng.randbytes(KEY_BYTES)
        self.persons[player] = Person(name, key)
        self.keys[player] = key

    def rows(self, name: str, *args: Any) -> list[dict[str, Any]]:
        rows = super().rows(name, *args)
        if name == "names/keys":
            for row in rows:
                if do := self.on_read.pop(row["player_id"], None):
                    self._world.loop.call_later(0.02 * self._world.rng.random(), do)
        if name == "players/forget" and rows:
            [player] = args
            self._world.note("forgotten", player)
            self.persons[player].forgotten_at = self._world.loop.time()
            self.forgotten[player] -= UNSEEN * self._world.rng.random()
        return rows


class Reader(Client):
    """Who looks at the names, and keeps them as a page does."""

    people: People

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shown: dict[PlayerId, str] = {}
        self._told: dict[PlayerId, Socket] = {}

    def heard(self, socket: Socket, frame: str) -> None:
        message = msgspec.json.decode(frame)
        if socket is self.socket:
            if message["type"] == "forgotten":
                player = PlayerId(UUID(message["player"]))
                self.shown[player], self._told[player] = FORGOTTEN, socket
                if player in self.people.keys:
                    self._world.violate(f"{self.name} was told that somebody was forgotten, who was not")
            elif message["type"] == "events":
                for event in message["events"]:
                    if event["type"] == PlayerJoined.__name__:
                        self._see(event, socket)
                frame = msgspec.json.encode(message).decode()
        super().heard(socket, frame)

    def _see(self, event: Json, socket: Socket) -> None:
        """Look at the name in `event`, and put what is stored in its place."""
        data, player = event["data"], PlayerId(UUID(event["data"]["player"]))
        name, person = data["name"], self.people.persons[player]
        self.shown[player] = name
        if name not in (person.name, FORGOTTEN) or "sealed" in data:
            self._world.violate(f"{self.name} was shown {data}, and not {person.name}")
        if name == FORGOTTEN and person.forgotten_at is None:
            self._world.violate(f"{self.name} cannot see the name of who was not forgotten")
        if name != FORGOTTEN and self._told.get(player) is socket:
            self._world.violate(f"{self.name} was shown a name after being told that it was forgotten")
        stored = self._log.shown[StreamId(self.game)][event["version"] - 1]["data"]
        event["data"] = data | {"name": NO_NAME, "sealed": stored.get("sealed")}

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self.shown = {}

    def still_shown(self) -> Iterator[PlayerId]:
        """Those who were forgotten, and whose name stands here."""
        for player, name in self.shown.items():
            if name != FORGOTTEN and self.people.persons[player].forgotten_at is not None:
                yield player


class ForgettingServer(Server):
    """A server that is asked to forget, and where whoever sits down has a name that is to be sealed."""

    people: People

    async def seal(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        for event in events:
            if isinstance(event, PlayerJoined):
                return names.seal(events, self.people.persons[event.player].key)
        return events

    def forget(self, player: PlayerId) -> None:
        """A request to be forgotten arrives."""
        if self.accepting:
            self._connections.create_task(self._forget(player))

    async def _forget(self, player: PlayerId) -> None:
        with contextlib.suppress(StoreUnavailable):  # then it is asked again
            await self._services.forgetting.forget(player)


class Forgettings(Simulation):
    """Games whose players are forgotten while they play."""

    def __init__(self, world: World, parts: Parts) -> None:
        outbox = max(ROOM, world.setting.outbox)
        # Without anybody who reads slowly all the time, who can hold up servers that drain, and two at once.
        slow = replace(world.setting.faults, store_slow=max(SLOW, world.setting.faults.store_slow))
        world.setting = replace(world.setting, faults=slow, outbox=outbox, trickling=False)
        super().__init__(world, parts)
        self._people = self._players = people = People(world)

        class OfThisRun(ForgettingServer):
            pass

        class ReaderOfThisRun(Reader):
            pass

        OfThisRun.people = ReaderOfThisRun.people = people
        self.server_type, self.client_type = OfThisRun, ReaderOfThisRun
        self._asked: set[PlayerId] = set()

    def _open_game(self) -> None:
        super()._open_game()
        for seat, player in self._seats[self._games[-1]].items():
            self._people.add(player, {Seat.YELLOW: "Ada", Seat.RED: "Grace"}[seat])

    def _plan(self, chaos: Chaos) -> None:
        super()._plan(chaos)
        world = self.world
        for player in list(self._people.persons):
            if world.chance(FORGOTTEN_SHARE):
                self._asked.add(player)
                by_operator = world.chance(BY_OPERATOR)
                ask = partial(self._ask_to_be_forgotten, chaos, player, by_operator)
                if world.chance(WHILE_READ):
                    self._people.on_read[player] = ask
                world.loop.call_later(world.setting.window * world.rng.random(), ask)

    def _ask_to_be_forgotten(self, chaos: Chaos, player: PlayerId, by_operator: bool) -> None:
        """Ask, and again until it is done: then the secret is nobody's any more."""
        world = self.world
        if player not in self._people.keys:
            return
        if by_operator:
            self._people.rows("players/forget", player)
            return
        if server := self._find_server():
            assert isinstance(server, ForgettingServer)
            server.forget(player)
            if self._clients and world.faults.kinds and world.chance(DIES):
                world.fault_until(world.loop.time())
                world.loop.call_later(0.01 * world.rng.random(), chaos.crash, server, self._clients[0])
        world.loop.call_later(RETRY, self._ask_to_be_forgotten, chaos, player, False)

    async def _bring_up_to_date(self) -> None:
        await super()._bring_up_to_date()
        world = self.world
        while not world.violations:
            waiting = self._asked & self._people.keys.keys()
            late = [client for client in self._readers() if any(client.still_shown())]
            if not waiting and not late:
                return
            now = world.loop.time()
            forgotten = [person.forgotten_at or 0.0 for person in self._people.persons.values()]
            since = max(world.last_fault, *forgotten)
            if waiting and now > world.last_fault + GONE_WITHIN:
                world.violate("somebody who asked to be forgotten is not")
            for client in late:
                if now > since + GONE_WITHIN:
                    world.violate(f"{client.name} still sees a name {now - since:.1f} s later")
            await asyncio.sleep(0.1)

    async def _move_on(self) -> None:
        """Whoever comes when all is over sees no name, and the players go on by their tokens."""
        for number, game in enumerate(list(self._games), 1):
            if self.log.version(StreamId(game)):
                for _ in range(LATE):
                    self._sit(game, number, None, "late spectator")
        self.world.fault_until(self.world.loop.time())
        await self._bring_up_to_date()
        await super()._move_on()

    def _readers(self) -> Iterator[Reader]:
        for client in self._clients:
            if isinstance(client, Reader) and not client.gone:
                yield client

    def _check(self) -> Iterator[str]:
        yield from self._check_log()
        yield from super()._check()

    def _check_log(self) -> Iterator[str]:
        """What is stored is as it was: under the same hashes, and opened by the keys that there were. Leaves
        the log with the names in it, which is what the commands say that were given."""
        for id, stream in self.log.streams.items():
            previous = bytes(32)
            for place, event in enumerate(stream):
                data, metadata = (
                    canonical(msgspec.json.encode(event.data).decode()),
                    canonical(msgspec.json.encode(event.metadata).decode()),
                )
                previous = hash_of(
                    previous, id, event.version, event.type, event.schema_version, data, metadata
                )
                if previous != event.hash:
                    yield f"version {event.version} has another hash than that of what is stored"
                joined = codec.decode(event)
                if isinstance(joined, PlayerJoined):
                    person = self._people.persons[joined.player]
                    if joined.name != NO_NAME or not joined.sealed:
                        yield f"version {event.version} has a name that is not sealed"
                    elif names._open(joined.player, joined.sealed, person.key) != person.name:
                        yield f"version {event.version} has another name in it"
                    opened = replace(joined, name=person.name, sealed=None)
                    stream[place] = msgspec.structs.replace(
                        event, data=codec.encode(opened, event.metadata).data
                    )


# Runs of many seeds ---------------------------------------------------------------------------------------


def run(seed: int, bug: str | None = None) -> Outcome:
    """Run a seed, with a planted bug where one is named."""
    return replace(simulate(seed, BUGS[bug] if bug else PRODUCTION, Forgettings), trace=[])


PINNED = {
    "the cache keeps the key": (3, 4, 22, 28),
    "a key that arrives late is kept": (113, 422, 497, 840),
    "a look does not reach back behind the last one": (0, 1, 6, 13),
    "the bell is relied on": (8, 12, 17, 29),
    "frames are kept with the name": (0, 1, 2, 4),
    "who is not welcomed yet is told": (1, 2, 4, 10),
    "who comes back is not told": (1, 10, 17, 20),
}
"""The first seeds that find each bug, as printed by `--pin`."""


if __name__ == "__main__":
    long_form.main("forgetting", BUGS, run, __doc__)
