"""The games to play are whole ones."""

from tests.golden.generate import play
from tests.load.orders import SHORTEST, mean_length, orders


def test_each_order_is_a_legal_game_that_ends_with_its_last_move() -> None:
    for order in orders():
        assert play(iter(order))[0] == list(order)


def test_few_end_early_and_some_are_won() -> None:
    lengths = [len(order) for order in orders()]
    assert min(lengths) >= SHORTEST
    assert any(length < 42 for length in lengths)
    assert lengths.count(42) >= 20
    assert SHORTEST < mean_length() < 42
