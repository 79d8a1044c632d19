"""A run: many games on several servers while everything around them breaks; then the checker."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults import checker, clocks, read_model, rematches
from tests.faults.bell import Bell
from tests.faults.bots import World
from tests.faults.checker import Kind, Violation
from tests.faults.databases import Postgres, SmallDisk, Valkey
from tests.faults.figures import Figures
from tests.faults.healing import flags_have_fallen, heal, rematches_have_begun, settle
from tests.faults.journal import Journals, Line
from tests.faults.kinds import KINDS, Arena
from tests.faults.links import Proxy
from tests.faults.rules import Row
from tests.faults.servers import Server
from tests.faults.tables import Tables
from tests.support import redis_cluster
from tests.support.progress import Progress, clock
from tests.support.replicated import machine_room

SERVERS = {"one": "1", "two": "2"}
"""Number of workers of each server, by name. Each game has a home at both, for its sockets come to both."""
DESERTED, DESERTED_EVERY = 3, 2.0
"""Number of tables whose players leave timed games, and the time between the first games of two, in
seconds."""
WARM_UP = 1.0
"""Time of play before the first fault, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan of a run. It ends when its time is over, or when both `moves` and `faults` are reached; never
    before each kind had its turn."""

    games: int
    spectators: int
    seconds: float
    seed: int
    kinds: Sequence[str]
    redis_cluster: bool = False
    """True where the servers have a Redis Cluster in the place of a single Redis."""
    moves: int | None = None
    faults: int | None = None
    think: float = 0.1
    """Thinking time of a bot on average, in seconds."""
    hold: tuple[float, float] = (0.5, 3.0)
    """Shortest and longest duration of a fault, in seconds."""
    pause: tuple[float, float] = (0.2, 1.0)
    """Shortest and longest pause after a healed fault, in seconds."""


async def run(plan: Plan, folder: Path, progress: Progress) -> Figures:
    """Run `plan`, with journals, logs and databases in `folder`."""
    figures = Figures(plan.seed, len(SERVERS), plan.spectators, plan.games)
    kinds = list(plan.kinds)
    disk = SmallDisk.make() if "disk_full" in kinds else None
    if disk is None and "disk_full" in kinds:
        kinds.remove("disk_full")
        figures.left_out["disk_full"] = "no right to mount a file system"
    journals = Journals(folder / "journals")
    begun = time.monotonic()
    complaints: list[Violation] = []
    async with _arena(plan, folder, disk) as arena:
        tables = Tables(arena.world, journals, plan.spectators)
        looking_after = arena.tasks.create_task(arena.world.look_after())
        for _ in range(plan.games):
            arena.tasks.create_task(tables.play())
        for number in range(DESERTED):
            arena.tasks.create_task(tables.desert(number * DESERTED_EVERY))
        await asyncio.sleep(WARM_UP)
        async with progress.following(lambda: _state(plan, arena, tables, figures, time.monotonic() - begun)):
            last_fault = await _break_things(plan, kinds, arena, tables, figures, complaints)
        arena.world.resting = True
        await flags_have_fallen(arena.postgres.database_url)
        await settle(arena.postgres, arena.world.here)
        await rematches_have_begun(arena.postgres.database_url)
        arena.world.closed = True
        for bot in list(arena.world.here):
            bot.leave(whole=True)
        looking_after.cancel()
        times = await clocks.read(arena.postgres.database_url)
        logs, entries = await read_model.read(arena.postgres.database_url, checker.logs_in)
    # Only now are all journals complete, and all servers' logs.
    for server in arena.servers:
        if count := server.tracebacks():
            complaints.append(Violation(Kind.BROKEN, "any", f"{count} tracebacks in {server.log}"))
    figures.seconds = time.monotonic() - begun
    figures.games, figures.accepted = tables.games, arena.world.accepted
    figures.events, figures.flags = sum(map(len, logs.values())), clocks.flags(logs)
    figures.agreed = _agreed(logs)
    figures.felt = {**arena.world.seen, "publishes lost": arena.bell.lost}
    figures.slowest_drain = max(server.slowest_drain for server in arena.servers)
    figures.reconnects = arena.restarts
    journals.save_lost(arena.lost)
    shown = _shown(journals, progress)
    figures.violations = complaints + checker.check(shown, logs, last_fault, arena.lost, entries, times)
    progress.end()
    return figures


def _agreed(logs: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """The numbers of draws and takebacks that players agreed to, and of games that followed others."""
    rows = [row for log in logs.values() for row in log]
    return {
        "draws": sum(row.type == "GameFinished" and row.data["by"] == "agreement" for row in rows),
        "takebacks": sum(row.type == "MovesTakenBack" for row in rows),
        "rematches": len(rematches.agreed(logs)),
    }


def _shown(journals: Journals, progress: Progress) -> Iterator[tuple[str, list[Line]]]:
    for number, journal in enumerate(journals, 1):
        progress.show(f"checking game {number:,}")
        yield journal


async def _break_things(
    plan: Plan,
    kinds: Sequence[str],
    arena: Arena,
    tables: Tables,
    figures: Figures,
    complaints: list[Violation],
) -> float:
    """Break one thing after the other. Each kind is as frequent as any other, but rolling restarts twice
    as frequent after the first round. Returns the end of the last fault, by wall clock."""
    ends = time.monotonic() + plan.seconds
    last_fault = time.time()
    deck: list[str] = []
    first_round = True
    while True:
        if not deck:
            first_round = not figures.faults
            round = kinds if first_round else [*kinds, *({"rolling_restart"} & set(kinds))]
            deck = arena.random.sample(round, len(round))
        if not first_round and (time.monotonic() > ends or _reached(plan, arena, figures)):
            return last_fault
        arena.current = kind = deck.pop()
        reconnected = len(arena.world.reconnected)
        try:
            await KINDS[kind](arena, arena.random.uniform(*plan.hold))
            last_fault = time.time()
            took = await heal(arena.postgres, arena.world.here, tables)
            figures.healing[kind].append(took)
        except (AssertionError, TimeoutError) as error:
            complaints.append(Violation(Kind.BROKEN, "any", f"{kind} did not heal: {error!r}"))
        if kind == "rolling_restart":
            arena.restarts += arena.world.reconnected[reconnected:]
        await arena.all_back()
        await asyncio.sleep(arena.random.uniform(*plan.pause))


def _state(plan: Plan, arena: Arena, tables: Tables, figures: Figures, seconds: float) -> str:
    """A line on a run that has lasted for so many seconds."""
    faults = f"{figures.faults} of {plan.faults}" if plan.faults else f"{figures.faults}"
    accepted = f"{arena.world.accepted:,}" + (f" of {plan.moves:,}" if plan.moves else "")
    return (
        f"{clock(seconds)} of {clock(plan.seconds)}  faults: {faults}, now {arena.current};"
        f" {tables.games:,} games, commands accepted: {accepted}"
    )


def _reached(plan: Plan, arena: Arena, figures: Figures) -> bool:
    goals = (plan.moves, arena.world.accepted), (plan.faults, figures.faults)
    given = [reached >= goal for goal, reached in goals if goal is not None]
    return bool(given) and all(given)


@contextlib.asynccontextmanager
async def _arena(plan: Plan, folder: Path, disk: SmallDisk | None) -> AsyncIterator[Arena]:
    chance = random.Random(plan.seed)
    async with contextlib.AsyncExitStack() as stack:
        if disk:
            stack.callback(disk.remove)
        postgres = Postgres(stack.enter_context(machine_room()), disk)
        await stack.enter_async_context(postgres.running())
        await postgres.prepare()
        valkey = Valkey(folder / "bell")
        await stack.enter_async_context(valkey.running())
        bell = Bell(valkey.socket, random.Random(plan.seed + 1))
        await stack.enter_async_context(bell.proxy.listening())
        front = Proxy([("127.0.0.1", 1)] * len(SERVERS), random.Random(plan.seed + 2))
        await stack.enter_async_context(front.listening())
        nodes = None
        if plan.redis_cluster:
            (folder / "cluster").mkdir()
            nodes = await stack.enter_async_context(redis_cluster.cluster(folder / "cluster"))
            await nodes.agree()
        environment = {
            "DATABASE_URL": postgres.database_url,
            "REDIS_URL": nodes.url if nodes else f"redis://127.0.0.1:{bell.proxy.port}",
        }
        servers = [
            await stack.enter_async_context(
                Server(name, folder, {**environment, "WORKERS": workers}, front, place).running()
            )
            for place, (name, workers) in enumerate(SERVERS.items())
        ]
        world = World(front.port, plan.think, random.Random(plan.seed + 3))
        async with asyncio.TaskGroup() as tasks:
            yield Arena(postgres, valkey, nodes, disk, servers, front, bell, world, chance, tasks)
