"""Runs in which people play now while servers crash and the store fails, and what has to be true then.

Everybody asks, at whichever server there is, until an answer comes, and now and then once more. Some have a
player, and press twice, as in two tabs. When the faults are over everybody has an answer.
"""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from server.game.events import Clock, GameId, PlayerId
from server.processes.matching import Asked
from server.store.credentials import Holder
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId
from server.store.names import NO_NAME
from server.store.players import Account, Player
from server.store.waiting import Answer, Open, Wanted
from tests.simulation import faults
from tests.simulation.bus import Bus
from tests.simulation.homes import Homes
from tests.simulation.loop import Stuck, VirtualLoop
from tests.simulation.server import PRODUCTION, Parts, Server, Tokens
from tests.simulation.store import Log
from tests.simulation.world import World
from tests.support.memory_players import MemoryPlayers
from tests.support.memory_read_models import Tables
from tests.support.memory_waiting import MemoryPool, MemoryWaitingGames

PATIENCE = 0.5
"""Time after which somebody asks again, in seconds."""
AGAIN = 0.3
"""Probability of asking once more after an answer."""
CLOCKS = (None, Clock(initial=180, increment=2))


@dataclass
class Person:
    """Somebody who presses once. `game` is the one that is opened where nobody waits."""

    asked: Asked
    game: GameId
    answers: list[Answer] = field(default_factory=list)


class Matching:
    """The servers and the people of one world."""

    def __init__(self, world: World, parts: Parts) -> None:
        self.world, self.log, self._parts = world, Log(world), parts
        self.log.waiting.there_for = timedelta(hours=1)  # nobody's socket is looked at
        self._bus, self._tokens, self._players = Bus(world), Tokens(), MemoryPlayers()
        self._tables = Tables(self.log, world.loop.time)
        self._servers: dict[str, Server] = {}
        self._homes = Homes(world, self._servers)
        self._lives: list[Server] = []
        self.people = self._invite()

    def _invite(self) -> list[Person]:
        world, rng = self.world, self.world.rng
        accounts = [
            Account(Player(PlayerId(world.new_id()), NO_NAME, datetime(2026, 1, 1, tzinfo=UTC)), bytes(32))
            for _ in range(3)
        ]
        people = []
        for number in range(rng.randrange(4, 14)):
            account = rng.choice([None, *accounts])
            id = world.new_id()
            token = f"{number:0>43}"
            asked = Asked(id, token, NO_NAME, account, rng.choice(CLOCKS), None)
            people.append(Person(asked, GameId(uuid5(id, "game"))))
        return people

    async def run(self) -> None:
        world = self.world
        for number in range(2):
            self._start(f"server {number}")
        await asyncio.sleep(0.01)
        world.faults = world.setting.faults
        playing = [world.loop.create_task(self._play(person)) for person in self.people]
        crashing = world.loop.create_task(self._crash())
        await asyncio.sleep(world.setting.window)
        world.faults = faults.NONE
        await crashing
        await asyncio.gather(*playing)
        await asyncio.sleep(3.0)  # what was still under way is over
        self._check()
        world.over = True
        for life in self._lives:
            life.die()
        await asyncio.wait([life.main for life in self._lives])

    def _start(self, name: str) -> None:
        life = Server(
            self.world, name, self.log, self._tables, self._bus, self._tokens, self._players, self._homes,
            self._parts,
        )  # fmt: skip
        self._servers[name] = life
        self._lives.append(life)

    async def _crash(self) -> None:
        """Have servers die at any step, and start again."""
        world = self.world
        while world.faults is not faults.NONE:
            await asyncio.sleep(0.2 * world.rng.random())
            server = world.rng.choice(list(self._servers.values()))
            if server.accepting and world.chance(0.5):
                server.die()
                await asyncio.sleep(0.1 * world.rng.random())
                self._start(server.name)

    async def _play(self, person: Person) -> None:
        world = self.world
        await asyncio.sleep(world.setting.window * world.rng.random() ** 3)
        times = 2 if world.chance(AGAIN) else 1
        while len(person.answers) < times:
            answered: asyncio.Future[Answer | None] = world.loop.create_future()
            if up := [server for server in self._servers.values() if server.accepting]:
                world.rng.choice(up).play_now(person.asked, person.game, self._deliver(answered))
            try:
                async with asyncio.timeout(PATIENCE):
                    if answer := await answered:
                        person.answers.append(answer)
                        world.note("answer", person.asked.id, answer.game, answer.matched)
            except TimeoutError:
                pass
            await asyncio.sleep(0.02 * world.rng.random())

    def _deliver(self, answered: "asyncio.Future[Answer | None]"):  # type: ignore[no-untyped-def]  # a callback
        lost = self.world.chance(self.world.faults.store_unknown)

        def deliver(answer: Answer | None) -> None:
            if not lost and not answered.done():
                answered.set_result(answer)

        return deliver

    def _check(self) -> None:
        violate, log = self.world.violate, self.log
        joined: dict[StreamId, list[UUID]] = {
            stream: [UUID(event.data["player"]) for event in events if event.type == "PlayerJoined"]
            for stream, events in log.streams.items()
        }
        seats: Counter[tuple[UUID, str]] = Counter()
        for person in self.people:
            first = person.answers[0]
            if any(answer != first for answer in person.answers):
                violate(f"{person.asked.id} had two answers")
            seats[first.game, first.seat] += 1
            if person.asked.player_in(first.game) not in joined.get(StreamId(first.game), []):
                violate(f"{person.asked.id} has no seat in {first.game}")
        if any(number > 1 for number in seats.values()):
            violate("two have one seat")
        if sum(len(players) for players in joined.values()) != len(self.people):
            violate("somebody is in two games, or in none")
        pools: defaultdict[str, set[UUID]] = defaultdict(set)
        for stream, players in joined.items():
            if len(players) > 2 or len(set(players)) < len(players):
                violate(f"{players} are in one game")
            elif len(players) == 1:
                pools[str(log.streams[stream][0].data["clock"])].update(players)
        violations = [f"{waiting} wait for each other" for waiting in pools.values() if len(waiting) > 1]
        for violation in violations:
            violate(violation)


def simulate(seed: int, parts: Parts = PRODUCTION) -> list[str]:
    """Run `seed` on servers made of `parts`; returns what went wrong."""
    rng = Random(seed)
    setting = faults.choose(rng, processes=False)
    setting = replace(setting, sweeps=True, faults=replace(setting.faults, kinds=()))
    loop = VirtualLoop(rng, shuffle=setting.shuffle)
    world = World(rng, setting, loop)
    matching = Matching(world, parts)
    main = loop.create_task(matching.run())
    try:
        loop.run_until_complete(main)
    except Stuck as stuck:
        world.violate(str(stuck))
    for error in loop.errors:
        world.crash(error)
    loop.close()
    return world.violations


# Planted bugs ---------------------------------------------------------------------------------------------


class NoLock(MemoryWaitingGames):
    """Looks at a pool without its lock."""

    def locked(self, clock: Clock | None):  # type: ignore[no-untyped-def]  # as the one that it replaces
        self.tables.locks.clear()
        return super().locked(clock)


class ForgetfulPool(MemoryPool):
    """Keeps no answers."""

    async def note_answer(self, id: UUID, answer: Answer) -> None: ...


class SeparatePool(MemoryPool):
    """Writes who waits apart from the events: first these are recorded."""

    async def append(
        self,
        stream_id: StreamId,
        expected: Head,
        events: Sequence[NewEvent],
        holder: Holder,
    ) -> list[RecordedEvent]:
        recorded = await super().append(stream_id, expected, events, holder)
        record = self._effects.pop(0)
        await self._games.call(record)
        return recorded


class ImpatientPool(MemoryPool):
    """Passes over who has waited longest."""

    async def open_games(self, wanted: Wanted) -> list[Open]:
        return (await super().open_games(wanted))[1:]


def with_pool(kind: type[MemoryPool]) -> Parts:
    """Servers whose pools are of this kind."""

    def replaced(games: MemoryWaitingGames) -> MemoryWaitingGames:
        games.pool_type = kind
        return games

    return Parts(waiting=replaced)


def _unlocked(games: MemoryWaitingGames) -> MemoryWaitingGames:
    games.__class__ = NoLock
    return games


BUGS = {
    "a pool is looked at without its lock": Parts(waiting=_unlocked),
    "answers are not kept": with_pool(ForgetfulPool),
    "who waits is written apart from the events": with_pool(SeparatePool),
    "somebody who waits is passed over": with_pool(ImpatientPool),
}
"""The servers that have each bug, by its name."""


if __name__ == "__main__":
    wrong = {seed: found for seed in range(int(sys.argv[1])) if (found := simulate(seed))}
    for seed, found in wrong.items():
        print(seed, *found, sep="\n  ")
    sys.exit(bool(wrong))
