"""Function calls of the server a move, which noise hardly changes, of games without a clock and with one."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

from tests.bench.figures import Goal, Outcome
from tests.bench.stage import Program, Stage
from tests.support.player import PATIENCE, Api, client

GAMES = 10
"""Number of games of a measurement, one after the other: then each move is a commit of its own."""
MOVES = 20
"""Number of moves of each game that are counted."""
CLOCK = {"initial": 180, "increment": 2}
MOST = 240
"""The most calls of a move in a game without a clock."""
MOST_TIMED = 1.1
"""The most calls of a move with a clock, in those of one without."""


async def calls(stage: Stage, clock: dict[str, int] | None, goal: Goal) -> Outcome: ...
