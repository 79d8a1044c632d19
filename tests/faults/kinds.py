"""The faults: each breaks something, and returns when it is whole again.

Killed processes are started again, as any supervisor does. A fault of an instant, such as the kill of one of
two servers, is over at once: healing does not wait for the restart.
"""

import asyncio
import contextlib
import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from signal import SIGKILL, SIGTERM

import asyncpg
import psutil

from server.delivery.lanes import LANES, slots
from tests.faults.bell import Bell
from tests.faults.bots import World
from tests.faults.databases import Postgres, SmallDisk, Valkey
from tests.faults.links import Link, Manner, Proxy
from tests.faults.rules import Row
from tests.faults.servers import Server, stopped
from tests.support.redis_cluster import RedisCluster

LOST_PUBLISHES = 0.2
GONE_WITHIN = 5.0
"""Time within which every socket that was told what the database lost has to be closed, in seconds."""
AFFECTED_LINKS = 0.3
"""Share of the connections that a network fault affects."""


@dataclass
class Arena:
    """Everything that can be broken. `tasks` is for restarts in the background."""

    postgres: Postgres
    valkey: Valkey
    redis_cluster: RedisCluster | None
    """The cluster that the servers use in place of `valkey`; None without one."""
    disk: SmallDisk | None
    servers: list[Server]
    front: Proxy
    bell: Bell
    world: World
    random: random.Random
    tasks: asyncio.TaskGroup
    current: str = "none yet"
    """The kind of the latest fault."""
    coming_back: list[asyncio.Task[None]] = field(default_factory=list)
    lost: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """The events that the database itself lost, by game."""
    restarts: list[float] = field(default_factory=list)
    """Time that sockets took to come back in rolling restarts, in seconds."""

    def bring_back(self, server: Server) -> None:
        self.coming_back.append(self.tasks.create_task(server.start()))

    async def all_back(self) -> None:
        """Return when everything that was killed is running again."""
        while self.coming_back:
            await self.coming_back.pop()


async def publishes_dropped(arena: Arena, seconds: float) -> None:
    arena.bell.share = LOST_PUBLISHES
    await asyncio.sleep(3 + seconds)  # in a shorter time nothing that matters would be lost
    arena.bell.share = 0


async def redis_killed(arena: Arena, seconds: float) -> None:
    await arena.valkey.kill()


async def redis_clients_killed(arena: Arena, seconds: float) -> None:
    await arena.valkey.kill_clients()


async def redis_paused(arena: Arena, seconds: float) -> None:
    with arena.valkey.stopped():
        await asyncio.sleep(seconds)


async def redis_slots_moved(arena: Arena, seconds: float) -> None:
    """Move a tenth of the lanes to other masters, one after the other."""
    assert arena.redis_cluster
    for slot in arena.random.sample(slots(), LANES // 10):
        source = await arena.redis_cluster.master_of(slot)
        others = [node for node in await arena.redis_cluster.all_masters() if node is not source]
        await arena.redis_cluster.migrate(slot, source, arena.random.choice(others))


async def redis_master_killed(arena: Arena, seconds: float) -> None:
    """Kill a master, and start it again as a replica when its own has taken over."""
    assert arena.redis_cluster
    lost = arena.random.choice(await arena.redis_cluster.all_masters())
    lost.kill()
    await arena.redis_cluster.replaced(lost)
    lost.start()
    await arena.redis_cluster.agree()


async def redis_master_hangs(arena: Arena, seconds: float) -> None:
    """Stop a master for some time; its replica may take over meanwhile."""
    assert arena.redis_cluster
    with arena.random.choice(await arena.redis_cluster.all_masters()).paused():
        await asyncio.sleep(seconds)
    await arena.redis_cluster.agree()


async def postgres_connections_terminated(arena: Arena, seconds: float) -> None:
    await arena.postgres.admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'connect4'"
    )


async def postgres_killed(arena: Arena, seconds: float) -> None:
    await arena.postgres.kill()


async def postgres_crashed(arena: Arena, seconds: float) -> None:
    """Kill one process of Postgres; the postmaster ends all others and recovers."""
    if backends := arena.postgres.backends():
        with contextlib.suppress(ProcessLookupError):
            os.kill(arena.random.choice(backends), SIGKILL)
    await asyncio.sleep(0.05)
    await _until_postgres_answers(arena)


async def postgres_paused(arena: Arena, seconds: float) -> None:
    with arena.postgres.stopped():
        await asyncio.sleep(seconds)


async def database_went_back(arena: Arena, seconds: float) -> None:
    """Half of the games that are being played lose their last commit, as in a restore."""
    await _until_nobody_shows(arena, await arena.postgres.lose_commits())


async def postgres_lost(arena: Arena, seconds: float) -> None:
    """The primary's machine is lost with all its data, and its synchronous standby is promoted, as Patroni
    does: no accepted move is lost."""
    standby = await arena.postgres.add_standby(synchronous=True)
    await asyncio.sleep(seconds)
    await arena.postgres.crash()
    await arena.postgres.give_up(await arena.postgres.hand_over(standby))


async def postgres_replaced(arena: Arena, seconds: float) -> None:
    """The primary hangs, and its synchronous standby is promoted; then it goes on, and does not know that it
    was replaced."""
    standby = await arena.postgres.add_standby(synchronous=True)
    with arena.postgres.machine.paused():
        before = await arena.postgres.hand_over(standby)
        await asyncio.sleep(seconds)
    await asyncio.sleep(seconds)
    await arena.postgres.give_up(before)


async def postgres_lost_commits(arena: Arena, seconds: float) -> None:
    """An asynchronous standby is promoted that lacks the last commits; then the primary before it comes back
    and takes writes, with what was lost."""
    standby = await arena.postgres.add_standby(synchronous=False)
    since = datetime.now(UTC) - timedelta(seconds=5)
    async with standby.deaf():
        await asyncio.sleep(seconds)
        await arena.postgres.crash()
    before = await arena.postgres.hand_over(standby)
    await before.start()
    had, has = [await arena.postgres.log_of(machine, since) for machine in (before, standby)]
    lost = {game: [row for row in rows if row not in has.get(game, ())] for game, rows in had.items()}
    await _until_nobody_shows(arena, {game: rows for game, rows in lost.items() if rows})
    await arena.postgres.give_up(before)


async def _until_nobody_shows(arena: Arena, lost: Mapping[str, Sequence[Row]]) -> None:
    """Note what the database lost, and return when nobody who was told of it is connected any more."""
    for game, rows in lost.items():
        arena.lost[game] += rows
    if not lost:
        return
    ids = {(game, row.command_id) for game, rows in lost.items() for row in rows}
    async with asyncio.timeout(GONE_WITHIN):
        while {(bot.game, bot.last) for bot in arena.world.here if bot.connected} & ids:
            ids -= await arena.postgres.recorded_again(ids)
            await asyncio.sleep(0.02)


async def disk_full(arena: Arena, seconds: float) -> None:
    assert arena.disk
    with arena.disk.full():
        await asyncio.sleep(seconds)
    await arena.postgres.ensure_running()
    await _until_postgres_answers(arena)


async def server_killed(arena: Arena, seconds: float) -> None:
    server = arena.random.choice(arena.servers)
    await server.kill()
    arena.bring_back(server)


async def server_drained(arena: Arena, seconds: float) -> None:
    server = arena.random.choice(arena.servers)
    await server.drain()
    arena.bring_back(server)


async def server_paused(arena: Arena, seconds: float) -> None:
    with arena.random.choice(arena.servers).stopped():
        await asyncio.sleep(seconds)


async def worker_killed(arena: Arena, seconds: float) -> None:
    """The home of some games dies; what names them goes to another worker, until it is replaced."""
    (await _some_worker(arena)).send_signal(SIGKILL)


async def worker_drained(arena: Arena, seconds: float) -> None:
    (await _some_worker(arena)).send_signal(SIGTERM)


async def worker_paused(arena: Arena, seconds: float) -> None:
    """The home of some games does not answer, and other workers pass connections on to it."""
    with stopped(await _some_worker(arena)):
        await asyncio.sleep(seconds)


async def rolling_restart(arena: Arena, seconds: float) -> None:
    """A release: one server after the other is drained and started again."""
    for server in arena.servers:
        await server.drain()
        await server.start()


async def sockets_cut(arena: Arena, seconds: float) -> None:
    """Cut connections in the middle of a frame."""
    for link in await _some_carry(arena, Manner.CUT, seconds):
        link.end()


async def sockets_reset(arena: Arena, seconds: float) -> None:
    for link in arena.front.some(AFFECTED_LINKS):
        link.reset()


async def links_delayed(arena: Arena, seconds: float) -> None:
    await _some_carry(arena, Manner.DELAYED, seconds)


async def links_trickle(arena: Arena, seconds: float) -> None:
    await _some_carry(arena, Manner.TRICKLED, seconds)


async def links_frozen(arena: Arena, seconds: float) -> None:
    await _some_carry(arena, Manner.FROZEN, 2 * seconds)


async def spectators_stalled(arena: Arena, seconds: float) -> None:
    spectators = sorted((bot for bot in arena.world.here if "spectator" in bot.name), key=id)
    stalled = arena.random.sample(spectators, min(3, len(spectators)))
    for bot in stalled:
        bot.stall()
    await asyncio.sleep(2 * seconds)
    for bot in stalled:
        bot.read_again()


Fault = Callable[[Arena, float], Awaitable[None]]
KINDS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        publishes_dropped,
        redis_killed,
        redis_clients_killed,
        redis_paused,
        redis_slots_moved,
        redis_master_killed,
        redis_master_hangs,
        postgres_connections_terminated,
        postgres_killed,
        postgres_crashed,
        postgres_paused,
        database_went_back,
        postgres_lost,
        postgres_replaced,
        postgres_lost_commits,
        disk_full,
        server_killed,
        server_drained,
        server_paused,
        worker_killed,
        worker_drained,
        worker_paused,
        rolling_restart,
        sockets_cut,
        sockets_reset,
        links_delayed,
        links_trickle,
        links_frozen,
        spectators_stalled,
    )
}
ONE_REDIS = ("publishes_dropped", "redis_killed", "redis_clients_killed", "redis_paused")
"""The kinds that take a single Redis."""
CLUSTER = ("redis_slots_moved", "redis_master_killed", "redis_master_hangs")
"""The kinds that take a Redis Cluster."""


def kinds_with(*, redis_cluster: bool) -> list[str]:
    """The kinds for servers with a Redis Cluster, or with a single Redis."""
    return [kind for kind in KINDS if kind not in (ONE_REDIS if redis_cluster else CLUSTER)]


async def _some_worker(arena: Arena) -> psutil.Process:
    """One of the workers of the server that has several, once there is one: all may just have ended."""
    while True:
        workers = [worker for server in arena.servers for worker in server.workers()]
        if running := [worker for worker in workers if worker.status() != psutil.STATUS_ZOMBIE]:
            return arena.random.choice(running)
        await asyncio.sleep(0.02)


async def _some_carry(arena: Arena, manner: Manner, seconds: float) -> list[Link]:
    """Set `manner` on some links for a time; returns them."""
    links = arena.front.some(AFFECTED_LINKS)
    for link in links:
        link.set(manner)
    await asyncio.sleep(seconds)
    for link in links:
        link.set(Manner.PLAIN)
    return links


async def _until_postgres_answers(arena: Arena) -> None:
    while True:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await arena.postgres.admin("SELECT 1")
            return
        await asyncio.sleep(0.02)
