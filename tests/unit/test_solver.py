"""The solver is exact: held to brute force, to what is known of the game, and to itself seen in a mirror."""

import json
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.game.board import COLUMNS
from server.game.position import Outcome, Position, Value, score_of, value_of
from server.game.solver import ENTRY, NotSolved, Solver
from tests.golden import positions as golden_positions
from tests.golden.positions import POSITIONS
from tests.golden.rules import DRAWN
from tests.support.brute_force import best_end, random_game

ENOUGH = 1_000_000
"""More nodes than any position here needs."""

QUIET = "633653264745566455"
"""A drawn position that no threat decides soon."""


def solved(columns: list[int]) -> Value:
    value = Solver().value(Position.after(columns), ENOUGH)
    assert value
    return value


def test_value_and_distance_are_those_of_brute_force() -> None:
    chance = random.Random(18)
    for _ in range(40):
        columns = random_game(chance, chance.randint(28, 41))
        value = solved(columns)
        assert (value.outcome, value.plies) == best_end(columns), columns
        assert Solver().outcome(Position.after(columns), ENOUGH) == value.outcome


def test_the_golden_positions_are_what_this_solver_finds() -> None:
    lines = POSITIONS.read_text().splitlines()
    assert len(lines) > 100
    for line in lines[::6]:
        golden = json.loads(line)
        assert golden_positions.solved(golden["moves"]) == golden


def test_a_loss_by_following_up_may_come_sooner_than_with_the_last_disc() -> None:
    moves = "436343716741366125241644733561557"
    value = Solver().value(Position.of(moves), ENOUGH)
    assert value
    assert (value.outcome, value.plies) == best_end(int(move) - 1 for move in moves) == (1, 7)


def test_three_in_a_row_that_are_open_at_both_ends_win_in_three() -> None:
    assert Solver().value(Position.of("4455"), ENOUGH) == Value(Outcome.WIN, 3)
    assert Solver().value(Position.of("44553"), ENOUGH) == Value(Outcome.LOSS, 2)


def test_four_that_can_be_made_at_once_win_in_one() -> None:
    assert Solver().value(Position.of("121212"), ENOUGH) == Value(Outcome.WIN, 1)


def test_a_game_that_is_over_has_ended() -> None:
    assert Solver().value(Position.of("1212121"), ENOUGH) == Value(Outcome.LOSS, 0)
    assert Solver().value(Position.of(DRAWN), ENOUGH) == Value(Outcome.DRAW, 0)


def test_before_its_last_disc_a_drawn_game_is_drawn() -> None:
    assert Solver().value(Position.of(DRAWN[:-1]), ENOUGH) == Value(Outcome.DRAW, 1)


def test_the_value_of_a_position_is_the_best_of_those_one_move_on() -> None:
    chance, solver = random.Random(4), Solver()
    for _ in range(20):
        position = Position.after(random_game(chance, 20))
        if position.over:
            continue
        after = [solver.score(position.play(column), ENOUGH) for column in position.columns()]
        assert solver.score(position, ENOUGH) == -min(after)


def test_a_position_in_a_mirror_has_the_same_value() -> None:
    chance = random.Random(7)
    for length in (16, 18, 20, 22):
        columns = random_game(chance, length)
        assert solved(columns) == solved([COLUMNS - 1 - column for column in columns])


def test_mirror_images_count_as_one() -> None:
    symmetric, solver = Position.of("66221276157321677216"), Solver()
    wins = solver.exceeds(symmetric.play(0), 0, ENOUGH)
    nodes = solver.nodes
    assert nodes > 1000
    assert solver.exceeds(symmetric.play(COLUMNS - 1), 0, ENOUGH) == wins
    assert solver.nodes == nodes + 1


def test_too_small_a_budget_solves_nothing() -> None:
    solver = Solver()
    assert solver.value(Position(), 100) is None
    assert solver.outcome(Position(), 100) is None
    assert solver.nodes == 200
    with pytest.raises(NotSolved):
        solver.exceeds(Position(), 0, 100)


def test_what_one_position_took_helps_with_the_position_before() -> None:
    once, backwards = Solver(), Solver()
    value = once.value(Position.of(QUIET[:17]), ENOUGH)
    backwards.value(Position.of(QUIET), ENOUGH)
    nodes = backwards.nodes
    assert backwards.value(Position.of(QUIET[:17]), ENOUGH) == value
    assert backwards.nodes - nodes < once.nodes


def test_the_table_stays_within_its_bytes_and_the_value_the_same() -> None:
    position, memory = Position.of(QUIET), 2**20
    roomy, small = Solver(), Solver(memory)
    value = roomy.value(position, ENOUGH)
    assert roomy.nodes > 3 * memory // ENTRY, "the small table has to be emptied now and then"
    assert small.value(position, ENOUGH) == value
    table = small._table
    assert len(table) <= memory // ENTRY
    assert sys.getsizeof(table) + sum(map(sys.getsizeof, table)) < memory


def test_no_disc_can_be_dropped_where_there_is_no_room() -> None:
    with pytest.raises(ValueError, match="column 0"):
        Position.of("1111111")
    with pytest.raises(ValueError, match="column 7"):
        Position.of("8")


@given(score=st.integers(-21, 21), left=st.integers(0, 42))
@settings(max_examples=200)
def test_a_score_and_its_value_are_the_same(score: int, left: int) -> None:
    value = value_of(score, left)
    if value.plies >= 0:
        assert score_of(value, left) == score
        assert value.plies % 2 == {Outcome.WIN: 1, Outcome.LOSS: 0}.get(value.outcome, left % 2)
