"""Latency of a move, in a game alone and before a crowd."""

from tests.bench import raw
from tests.bench.figures import Goal, Outcome
from tests.bench.log import copy
from tests.bench.moves import RELAY
from tests.bench.side import Side, sound, unrecorded
from tests.bench.stage import Program, Stage
from tests.load.load import Load
from tests.load.recorder import Latency
from tests.load.result import Options
from tests.load.worker import create

ONE_GAME_READY_FOR = 6_000
"""Moves/s that games are prepared for at first, where one game is played at a time."""
LONGEST_GAME = 60.0
"""Longest duration of a game before a crowd, in seconds."""


async def lone_move_latency(stage: Stage) -> Outcome:
    """From a move to the opponent's socket ÷ the sum of one commit, one publish and one echo."""
    outcome = Outcome(key="lone_move_latency", unit="ms", goal=Goal(1.15, at_most=True, reached=1.35))
    part = max(0.3, stage.sizes.seconds / 3)
    parts: dict[str, list[float]] = {"commit_ms": [], "publish_ms": [], "echo_ms": []}
    async with (
        stage.fresh_server() as server,
        stage.yardstick(RELAY) as relay,
        stage.cluster.database() as name,
    ):
        database = stage.cluster.url_of(name)
        await copy(database)
        side = Side(server, 1, ONE_GAME_READY_FOR)
        for _ in range(stage.sizes.rounds):
            await side.play(stage.sizes.seconds, stage.sizes.warmup)
            parts["commit_ms"].append(1000 * await raw.commit(database, part))
            parts["publish_ms"].append(1000 * await raw.publish(stage.cluster.redis_url, part))
            parts["echo_ms"].append(1000 * await raw.echo(relay.socket_url, part))
    outcome.ours = side.latencies
    outcome.yardstick = [sum(each) for each in zip(*parts.values(), strict=True)]
    outcome.details |= {**parts, "moves_per_second": side.rates}
    return outcome


async def fanout(stage: Stage) -> Outcome:
    """From a move to the last of thousands of spectators ÷ the same with `websockets.broadcast`."""
    outcome = Outcome(key="fanout_5000", unit="ms", goal=Goal(0.85, at_most=True))
    async with stage.fresh_server() as server, stage.yardstick(RELAY) as relay:
        for _ in range(stage.sizes.rounds):
            outcome.ours.append(await _crowd(server, stage.sizes.spectators, ours=True))
            outcome.yardstick.append(await _crowd(relay, stage.sizes.spectators, ours=False))
    outcome.details |= {"spectators": stage.sizes.spectators}
    return outcome


async def _crowd(program: Program, spectators: int, *, ours: bool) -> float:
    """Play one game before so many spectators; returns the p50 over its moves, in ms."""
    options = Options(
        games=1,
        ahead=0,
        spectators=spectators,
        everybody=True,
        accepted=False,
        linger=True,
        duration=LONGEST_GAME,
    )
    load = Load(program.socket_url, options)
    await load.prepare(await create(program.url, 1) if ours else unrecorded(1))
    await program.settle()
    await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
    await sound(load, program if ours else None)
    await program.settle()
    return load.result.histograms.of[Latency.LAST_SPECTATOR].percentile(50) / 1000
