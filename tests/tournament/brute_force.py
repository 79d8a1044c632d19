"""`python -m tests.tournament.brute_force`: random positions, solved by the solver and by brute force."""

import argparse
import json
import random
import sys
from pathlib import Path

from server.game.position import Position
from server.game.solver import Solver
from tests.support.brute_force import best_end, random_game
from tests.support.progress import Progress

POSITIONS = 1000
FREE = 14
"""Empty cells of a position at most."""
NODES = 1_000_000
"""More nodes than any of them needs."""
SEED = 18


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tournament.brute_force", description=__doc__)
    parser.add_argument("--positions", type=int, default=POSITIONS, help=f"{POSITIONS:,}")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    options = parser.parse_args()
    chance, progress, wrong = random.Random(SEED), Progress(), list[str]()
    for number in range(options.positions):
        columns = random_game(chance, 42 - chance.randint(1, FREE))
        value = Solver().value(Position.after(columns), NODES)
        if value is None or (value.outcome, value.plies) != best_end(columns):
            wrong.append("".join(str(column + 1) for column in columns))
            progress.say(f"not as by brute force: {wrong[-1]}")
        progress.show(f"brute force: {number + 1:,} of {options.positions:,} positions, {len(wrong)} wrong")
    progress.end()
    print(f"{options.positions:,} positions, {len(wrong)} with another value than by brute force")
    if options.json:
        options.json.write_text(json.dumps({"positions": options.positions, "wrong": wrong}) + "\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
