"""Memory of an idle spectator."""

import asyncio

from picows import WSListener, WSTransport, ws_connect

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Program, Stage
from tests.load.worker import create

AT_ONCE = 64
"""Number of sockets that are connecting at a time."""
FIRST = 100
"""Number of sockets that connect first and are not counted, so that the process has loaded and allocated what
it needs once."""


async def memory_per_spectator(stage: Stage) -> Outcome:
    """Resident bytes for each idle spectator ÷ the same of a bare endpoint. Processes are new in each round:
    one that had as many sockets before takes no more memory for them."""
    outcome = Outcome(key="memory_per_spectator", unit="KiB", goal=Goal(1.1, at_most=True))
    count = stage.sizes.spectators
    for _ in range(stage.sizes.rounds):
        async with stage.fresh_server() as server:
            [pair] = await create(server.url, 1)
            outcome.ours.append(await _each(server, pair.game, count) / 1024)
        async with stage.yardstick("tests.bench.plain") as plain:
            outcome.yardstick.append(await _each(plain, "any", count) / 1024)
    outcome.details |= {"spectators": count}
    return outcome


async def _each(program: Program, game: str, count: int) -> float:
    url = f"{program.socket_url}/ws/games/{game}"
    first = await connect(url, FIRST)
    await program.settle()
    before = program.resident
    others = await connect(url, count)
    await program.settle()
    each = (program.resident - before) / count
    for listener in (*first, *others):
        listener.transport.disconnect()
    return each


async def connect(url: str, count: int) -> "list[Idle]":
    """Sockets at `url` (ws://…) that listen to nothing."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def connect_one() -> Idle:
        idle = Idle()
        async with turn:
            await ws_connect(lambda: idle, url, use_aiofastnet=False, read_buffer_init_size=4096)
        return idle

    async with asyncio.TaskGroup() as tasks:
        connecting = [tasks.create_task(connect_one()) for _ in range(count)]
    return [task.result() for task in connecting]


class Idle(WSListener):
    """Sends nothing and ignores what it is sent; picows answers pings."""

    transport: WSTransport

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
