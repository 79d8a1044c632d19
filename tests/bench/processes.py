"""Several worker processes beside one: what a move costs in all of them, and how many they make."""

from tests.bench.figures import Goal, Outcome
from tests.bench.moves import GAMES
from tests.bench.side import Side
from tests.bench.stage import Stage


async def cpu_of_processes(stage: Stage, key: str, processes: int, goal: Goal | None = None) -> Outcome:
    """Processor time of all server processes a move ÷ that of a single one, with as many games for each."""
    outcome = Outcome(key=key, unit="µs a move", goal=goal)
    async with stage.fresh_server(WORKERS=str(processes)) as many, stage.fresh_server(WORKERS="1") as one:
        sides = (
            Side(many, processes * GAMES, stage.sizes.ready_for),
            Side(one, GAMES, stage.sizes.ready_for),
        )
        for _ in range(stage.sizes.rounds):
            for side in sides:
                await side.play(stage.sizes.seconds, stage.sizes.warmup)
    outcome.ours, outcome.yardstick = (side.costs for side in sides)
    outcome.details |= {"ours_moves_per_second": sides[0].rates, "yardstick_moves_per_second": sides[1].rates}
    return outcome
