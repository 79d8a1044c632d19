"""What thinks for the computer player, in virtual time."""

import asyncio
from collections.abc import Callable, Sequence

from server.game.engine import Level, choose
from server.processes.thinking import NobodyThinks, Think, Thought
from tests.simulation.world import World

BUDGETS = (50, 60)
"""Budgets that a move may have, in positions: small ones, as a run makes thousands of moves."""
LONGEST = 0.5
"""Longest time to think, in seconds."""
UNABLE = 0.02
"""Probability that nobody can think, while there are faults."""


class SimulatedThinking:
    """Takes a while, and sometimes has to do with a smaller budget, or cannot think at all."""

    def __init__(self, world: World, wrap: Callable[[Think], Think]) -> None:
        self._world, self.think, self._stopped = world, wrap(self._think), False

    async def _think(
        self, columns: Sequence[int], level: Level, seed: int, nodes: int, seconds: float
    ) -> Thought:
        world = self._world
        await asyncio.sleep(world.rng.random() * min(LONGEST, seconds))
        if self._stopped or (world.playing and world.chance(UNABLE)):
            world.fault_until(world.loop.time())
            raise NobodyThinks
        nodes = world.rng.choice(BUDGETS)
        return Thought(choose(columns, level, seed, nodes).column, nodes)

    def prepare(self) -> None: ...

    def stop(self) -> None:
        self._stopped = True
