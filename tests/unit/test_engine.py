"""The computer player: what each level sees, and that it chooses the same again."""

import hashlib
import json
import random
import subprocess
import sys

import pytest

from server.game.engine import ENGINE, FIRST_NODES, NODES, Level, budget, choose
from server.game.lookahead import WON, look_ahead
from server.game.position import Position
from server.game.solver import Solver
from tests.golden.positions import POSITIONS
from tests.support.brute_force import random_game

SOME = 4000
"""A budget in nodes that is soon spent."""
ENOUGH = 1_000_000
SEEDS = range(12)
MEMORY = 64 * 2**20
"""What a process that plays may take at most, in bytes."""

GOLDEN = [json.loads(line) for line in POSITIONS.read_text().splitlines()]


def columns_of(moves: str) -> list[int]:
    return [int(move) - 1 for move in moves]


def chosen(moves: str, level: Level, seed: int = 0, nodes: int = SOME) -> int:
    return choose(columns_of(moves), level, seed, nodes).column + 1


@pytest.mark.parametrize("level", Level)
def test_every_level_makes_its_four(level: Level) -> None:
    assert {chosen("121212", level, seed) for seed in SEEDS} == {1}


@pytest.mark.parametrize("level", [Level.MEDIUM, Level.HARD])
def test_medium_and_hard_block_a_four(level: Level) -> None:
    assert {chosen("12121", level, seed) for seed in SEEDS} == {1}


def test_easy_overlooks_a_four_now_and_then() -> None:
    blocked = sum(chosen("12121", Level.EASY, seed) == 1 for seed in range(400))
    assert 120 < blocked < 280


@pytest.mark.parametrize("level", [Level.MEDIUM, Level.HARD])
def test_medium_and_hard_make_two_threats_at_once(level: Level) -> None:
    assert {chosen("4455", level, seed) for seed in SEEDS} <= {3, 6}


@pytest.mark.parametrize("level", [Level.MEDIUM, Level.HARD])
def test_medium_and_hard_prevent_two_threats_at_once(level: Level) -> None:
    assert {chosen("445", level, seed) for seed in SEEDS} <= {2, 3, 6}


def test_hard_keeps_what_a_position_is_worth() -> None:
    for golden in [each for each in GOLDEN if len(each["moves"]) >= 18 and len(each["best"]) in (1, 2, 3)]:
        position = Position.of(golden["moves"])
        choice = choose(columns_of(golden["moves"]), Level.HARD, 0)
        after = Solver().outcome(position.play(choice.column), ENOUGH)
        assert after is not None
        assert -after == golden["outcome"], golden["moves"]


def test_hard_wins_as_soon_as_can_be_and_loses_as_late() -> None:
    for golden in [each for each in GOLDEN if len(each["moves"]) >= 24 and each["plies"]]:
        if golden["outcome"]:
            column = chosen(golden["moves"], Level.HARD, nodes=NODES[Level.HARD]) - 1
            assert column in golden["best"], golden["moves"]


@pytest.mark.parametrize("level", Level)
def test_the_same_again_gives_the_same_column_again(level: Level) -> None:
    chance = random.Random(5)
    for length in range(0, 30, 3):
        columns = random_game(chance, length)
        first = choose(columns, level, seed=length, nodes=SOME)
        choose(random_game(chance, 9), level, seed=1, nodes=SOME)
        assert choose(columns, level, seed=length, nodes=SOME) == first


@pytest.mark.parametrize("level", Level)
def test_seeds_make_games_differ(level: Level) -> None:
    openings = ("", "4", "44", "3", "7")
    assert len({tuple(chosen(moves, level, seed, 500) for moves in openings) for seed in SEEDS}) > 1


def test_the_version_goes_up_when_choices_change() -> None:
    """Where this fails, and it was meant to choose otherwise, raise ENGINE and put the new digest here."""
    choices = [
        choose(random_game(random.Random(length), length), level, seed=7, nodes=nodes).column
        for level, nodes in ((Level.EASY, 0), (Level.MEDIUM, 600), (Level.HARD, SOME))
        for length in range(0, 36, 2)
    ]
    assert (ENGINE, hashlib.sha256(bytes(choices)).hexdigest()[:12]) == (1, "bef9d988c9f8")


def test_a_budget_is_kept() -> None:
    for length in (0, 4, 8, 12, 16, 20):
        columns = random_game(random.Random(length), length)
        for nodes in (SOME, 10 * SOME):
            assert choose(columns, Level.HARD, 0, nodes).nodes <= nodes


def test_the_first_move_of_a_game_costs_less() -> None:
    assert [budget(Level.HARD, discs) for discs in (0, 1)] == [FIRST_NODES, FIRST_NODES]
    assert budget(Level.HARD, 2) == NODES[Level.HARD] > FIRST_NODES


def test_the_last_column_is_filled_by_every_level() -> None:
    for golden in [each for each in GOLDEN if each["plies"] == 1]:
        for level in Level:
            assert choose(columns_of(golden["moves"]), level, 0).column in golden["best"]


def test_a_game_that_is_over_has_no_move() -> None:
    with pytest.raises(ValueError, match="over"):
        chosen("1212121", Level.EASY)
    with pytest.raises(ValueError, match="column 0"):
        chosen("1111111", Level.EASY)


def test_looking_ahead_tells_wins_and_losses_for_certain() -> None:
    chance = random.Random(12)
    certain = 0
    for _ in range(30):
        position = Position.after(random_game(chance, 18))
        solver = Solver()
        if solver.exceeds(position, (position.left + 1) // 2 - 1, ENOUGH):
            continue  # a four can be made at once
        for column, score in look_ahead(position, SOME).scores.items():
            if abs(score) > WON:
                certain += 1
                outcome = solver.outcome(position.play(column), ENOUGH)
                assert outcome is not None
                assert -outcome * score > 0
    assert certain > 30


def test_a_process_that_plays_stays_within_its_memory() -> None:
    """*hard* spends its budget at many different positions, as a worker process does in its life."""
    moves = [each["moves"][:10] for each in GOLDEN if len(each["moves"]) > 20][:2]
    program = f"""
from server.game.engine import Level, choose
for moves in {moves}:
    choose([int(move) - 1 for move in moves], Level.HARD, 0)
print(open("/proc/self/status").read())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    [peak] = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("VmHWM")]
    assert int(peak) * 1024 < MEMORY, peak
