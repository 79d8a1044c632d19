"""A game's life, over HTTP and sockets: created, joined, visited and left."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from itertools import cycle
from pathlib import Path

from picows import WSTransport

from tests.bench.figures import Goal, Outcome
from tests.bench.memory import connect
from tests.bench.side import sound
from tests.bench.stage import ROOT, Program, Stage
from tests.faults.checker import Kind
from tests.load.client import Connection
from tests.load.load import Load
from tests.load.orders import mean_length
from tests.load.result import Options
from tests.load.supply import REFILLS
from tests.load.web import Pair, Site
from tests.load.worker import create

BEFORE = "3a5670edf21aede5d31ffcaf239fa773aeabc468"
"""The commit before a game's life was made cheaper."""
RELAY = "tests.bench.relay_over_http"
GAMES = 50
"""Number of games at a time."""
AT_ONCE = 8
"""Number of games that are created, visited and left at a time, where none is played."""
LIVES = 300
"""Number of games in a round, where none is played."""
AUDIENCES, AUDIENCE = 10, 50
"""Number of games that spectators come to, and number of spectators of each: fewer than a crowd, for which
presence is told more seldom."""


async def games_vs_memory_relay(stage: Stage) -> Outcome:
    """Whole games a second, each created, joined, connected, played and closed."""
    outcome = Outcome(key="games_vs_memory_relay", unit="games/s", goal=Goal(0.5))
    seconds, warmup = stage.sizes.seconds, stage.sizes.warmup
    async with stage.fresh_server(WORKERS="1") as server, stage.yardstick(RELAY) as relay:
        for _ in range(stage.sizes.rounds):
            outcome.ours.append(await _games(server, seconds, warmup, ours=True))
            outcome.yardstick.append(await _games(relay, seconds, warmup, ours=False))
    return outcome


async def cpu_per_game_without_moves(stage: Stage) -> Outcome:
    """Processor time of the server for a game that is created, joined, visited by both and left, ÷ the same
    of the server as it was at BEFORE."""
    outcome = Outcome(key="cpu_per_game_without_moves", unit="µs", goal=Goal(0.5, at_most=True))
    folder = stage.folder / "before"
    if missing := _unpack(folder):
        outcome.missing = missing
        return outcome
    async with (
        stage.fresh_server(WORKERS="1") as server,
        stage.fresh_server(folder=folder, WORKERS="1") as before,
    ):
        for program in (server, before):
            await _lives(program, LIVES // 10)  # what happens only once happens here
        for _ in range(stage.sizes.rounds):
            for program, figures in ((server, outcome.ours), (before, outcome.yardstick)):
                used = await _cost(program, lambda program=program: _lives(program, LIVES))  # type: ignore[misc]
                figures.append(1e6 * used / LIVES)
    return outcome


async def handshake(stage: Stage) -> Outcome:
    """Processor time of the server for a spectator who comes ÷ that of an endpoint that accepts and waits."""
    outcome = Outcome(key="handshake", unit="µs", goal=Goal(1.3, at_most=True))
    async with stage.fresh_server(WORKERS="1") as server, stage.yardstick("tests.bench.plain") as plain:
        games = [pair.game for pair in await create(server.url, AUDIENCES)]
        for _ in range(stage.sizes.rounds):
            for program, figures in ((server, outcome.ours), (plain, outcome.yardstick)):
                figures.append(1e6 * await _arrivals(program, games))
    return outcome


async def _games(program: Program, seconds: float, warmup: float, *, ours: bool) -> float:
    sites = [Site(program.url) for _ in range(REFILLS)]
    turn = cycle(sites)
    options = Options(games=GAMES, duration=seconds, warmup=warmup, ahead=0, accepted=ours)
    load = Load(program.socket_url, options, lambda: next(turn).create())
    await load.prepare([await next(turn).create() for _ in range(GAMES)])
    await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
    for site in sites:
        site.close()
    await sound(load, program if ours else None)
    await program.settle()
    return load.result.moves_per_second / mean_length()


async def _cost(program: Program, what: Callable[[], Awaitable[None]]) -> float:
    """Processor time of `program` while `what` is done, and until it rests, in seconds."""
    await program.settle()
    used = program.used
    await what()
    await program.settle()
    return program.used - used


async def _lives(program: Program, count: int) -> None:
    """So many games, each created, joined, visited by both players, and left without a move."""
    left = iter(range(count))

    async def live() -> None:
        site = Site(program.url)
        for _ in left:
            await _visit(program, await site.create())
        site.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(live())


async def _visit(program: Program, pair: Pair) -> None:
    """Take both seats, and leave once both players have all that was recorded."""
    frames: dict[bytes, tuple[int, int]] = {}
    guests = [_Guest(frames, seat, token) for seat, token in enumerate((pair.yellow, pair.red))]
    async with asyncio.TaskGroup() as tasks:
        for guest in guests:
            tasks.create_task(guest.open(program.socket_url, pair.game))
    for guest in guests:
        guest.leave()
    for guest in guests:
        await guest.gone


async def _arrivals(program: Program, games: list[str]) -> float:
    """Processor time of `program` for each spectator who comes to these games, in seconds."""
    listeners = []

    async def arrive() -> None:
        for game in games:
            listeners.extend(await connect(f"{program.socket_url}/ws/games/{game}", AUDIENCE))

    used = await _cost(program, arrive)
    for listener in listeners:
        listener.transport.disconnect()
    return used / len(listeners)


class _Watcher:
    """Raises RuntimeError where a server breaks a promise."""

    def heard(self, connection: Connection, first: int, at: int) -> None: ...

    def accepted(self, connection: Connection, id: str, version: int, at: int) -> None: ...

    def rejected(self, connection: Connection, id: str | None, code: str) -> None: ...

    def lost(self, connection: Connection, code: int) -> None:
        raise RuntimeError(f"a socket was closed with {code}")

    def violated(self, connection: Connection, kind: Kind, detail: str) -> None:
        raise RuntimeError(detail)


class _Guest(Connection):
    """A socket whose end can be waited for, as `gone`."""

    def __init__(self, frames: dict[bytes, tuple[int, int]], seat: int, token: str) -> None:
        super().__init__(_Watcher(), frames, seat, token)
        self.gone = asyncio.get_running_loop().create_future()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        super().on_ws_disconnected(transport)
        if not self.gone.done():
            self.gone.set_result(None)


def _unpack(folder: Path) -> str | None:
    """Put the server as it was at BEFORE into `folder`. Returns the reason where that cannot be done."""
    archive = subprocess.run(
        ["git", "archive", BEFORE, "server", "static"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        return f"needs git and the history back to {BEFORE[:7]}"
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return None
