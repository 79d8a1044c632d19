"""Moves/s without a pause: ours beside a relay in memory, over a log that grew, and with more workers."""

import contextlib
from dataclasses import fields

from server.settings import Settings
from tests.bench.figures import Goal, Outcome
from tests.bench.log import fill
from tests.bench.side import Side
from tests.bench.stage import Sizes, Stage

RELAY = "tests.bench.relay"
RELAY_READY_FOR = 35_000
"""Moves/s of the relay that games are prepared for at first."""
REACHED = {50: 0.3, 200: 0.34}
"""The ratio of moves that is reached today, by the number of games at a time."""
GAMES = 50
"""Number of games at a time, unless a benchmark has its own."""


async def moves_vs_memory_relay(stage: Stage, key: str, games: int) -> Outcome:
    """`games` at a time, on one server process."""
    async with stage.fresh_server() as server, stage.yardstick(RELAY) as relay:
        return await _compared(
            stage.sizes,
            Side(server, games, stage.sizes.ready_for),
            Side(relay, games, RELAY_READY_FOR, ours=False),
            Outcome(key=key, unit="moves/s", goal=Goal(0.6, reached=REACHED[games])),
        )


async def cpu_per_move(stage: Stage) -> Outcome:
    """Processor time of the server's processes a move ÷ the relay's, 50 games at a time on each."""
    outcome = Outcome(key="cpu_per_move", unit="µs a move", goal=Goal(1.6, at_most=True))
    async with stage.fresh_server() as server, stage.yardstick(RELAY) as relay:
        ours = Side(server, GAMES, stage.sizes.ready_for)
        theirs = Side(relay, GAMES, RELAY_READY_FOR, ours=False)
        await _play(stage.sizes, ours, theirs)
    outcome.ours, outcome.yardstick = ours.costs, theirs.costs
    outcome.details |= {"ours_moves_per_second": ours.rates, "yardstick_moves_per_second": theirs.rates}
    return outcome


async def growth(stage: Stage) -> Outcome:
    """Two servers of ours: one on a log that has grown, one on a small one."""
    outcome = Outcome(key="growth", unit="moves/s", goal=Goal(0.95))
    async with contextlib.AsyncExitStack() as stack:
        sides = []
        for events in (stage.sizes.big_log, stage.sizes.small_log):
            name = await stack.enter_async_context(stage.cluster.database())
            await fill(stage.cluster.url_of(name, user="postgres"), events)
            server = await stack.enter_async_context(stage.server(name))
            await server.settle()
            sides.append(Side(server, GAMES, stage.sizes.ready_for))
        outcome.details |= {"events": [stage.sizes.big_log, stage.sizes.small_log]}
        return await _compared(stage.sizes, sides[0], sides[1], outcome)


async def workers(stage: Stage) -> Outcome:
    """Ours with two processes ÷ ours with one; the load has the same cores."""
    outcome = Outcome(key="workers", unit="moves/s", goal=Goal(0.9))
    if "workers" not in {field.name for field in fields(Settings)}:
        outcome.missing = "the server has no WORKERS yet"
        return outcome
    async with stage.fresh_server(WORKERS="2") as two, stage.fresh_server(WORKERS="1") as one:
        ready_for = stage.sizes.ready_for
        return await _compared(stage.sizes, Side(two, GAMES, ready_for), Side(one, GAMES, ready_for), outcome)


async def _compared(sizes: Sizes, ours: Side, theirs: Side, outcome: Outcome) -> Outcome:
    await _play(sizes, ours, theirs)
    outcome.ours, outcome.yardstick = ours.rates, theirs.rates
    for name, side in (("ours", ours), ("yardstick", theirs)):
        outcome.details |= {f"{name}_p50_ms": side.latencies, f"{name}_client_share": side.client_shares}
    return outcome


async def _play(sizes: Sizes, ours: Side, theirs: Side) -> None:
    for _ in range(sizes.rounds):
        for side in (ours, theirs):
            await side.play(sizes.seconds, sizes.warmup)
