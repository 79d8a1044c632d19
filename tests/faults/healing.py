"""Time until no client is affected by a fault any more."""

import asyncio
import contextlib
from uuid import UUID

import asyncpg

from tests.faults import clocks, rematches
from tests.faults.bots import Spectator
from tests.faults.checker import read_logs
from tests.faults.databases import Postgres
from tests.faults.players import Player
from tests.faults.tables import Tables

LOOK_EVERY = 0.02
LOOK_AT_LOGS_EVERY = 0.3
"""Time between two readings of all logs, in seconds."""
GIVE_UP = 30.0
"""Time after which healing is given up, in seconds."""
FLAGS = 40.0
"""Time after which a flag that has not fallen is given up, in seconds: longer than that for a first move."""

HEADS = "SELECT stream_id, max(version) AS version FROM events WHERE stream_id = ANY($1) GROUP BY stream_id"


async def heal(postgres: Postgres, here: set[Spectator], tables: Tables) -> float:
    """Return when every connected client has all that the log holds now, and a move in a new game was
    accepted. Returns the time that it took, in seconds. Raises TimeoutError."""
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(GIVE_UP), asyncio.TaskGroup() as tasks:
        tasks.create_task(tables.probe())
        tasks.create_task(_everybody_is_whole(postgres, here))
    return asyncio.get_running_loop().time() - begun


async def _everybody_is_whole(postgres: Postgres, here: set[Spectator]) -> None:
    bots = set(here)
    games = await heads(postgres, bots)
    while any(bot.version < games.get(bot.game, 0) for bot in bots & here):
        await asyncio.sleep(LOOK_EVERY)


async def heads(postgres: Postgres, bots: set[Spectator]) -> dict[str, int]:
    """The version of each game of `bots`, as soon as Postgres answers."""
    games = [UUID(game) for game in {bot.game for bot in bots}]
    while True:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return {str(row["stream_id"]): row["version"] for row in await postgres.admin(HEADS, games)}
        await asyncio.sleep(LOOK_EVERY)


async def flags_have_fallen(database_url: str) -> None:
    """Return when no game goes on whose time is up, and one at least ended so. Gives up after a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FLAGS):
            while True:
                times, logs = await clocks.read(database_url), await read_logs(database_url)
                if clocks.flags(logs) and not clocks.late(logs, times):
                    return
                await asyncio.sleep(LOOK_AT_LOGS_EVERY)


async def rematches_have_begun(database_url: str) -> None:
    """Return when every game that players agreed to is there. Gives up after a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GIVE_UP):
            while any(rematches.wrong(await read_logs(database_url))):
                await asyncio.sleep(LOOK_AT_LOGS_EVERY)


async def settle(postgres: Postgres, here: set[Spectator]) -> None:
    """Return when no command is pending and every client has the whole log, where no bot begins anything
    new. Gives up after a while, and leaves it to the checker to say what is missing."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GIVE_UP):
            while any(isinstance(bot, Player) and bot.pending for bot in here):
                await asyncio.sleep(LOOK_EVERY)
            waited_for: set[Spectator] = set()
            while not here <= waited_for:  # a late spectator may come meanwhile
                waited_for = set(here)
                await _everybody_is_whole(postgres, here)
