"""The search for the highest rate."""

from collections import Counter

import pytest

from tests.load.histogram import Histogram
from tests.load.recorder import Latency
from tests.load.result import Result
from tests.load.search import CLOSE_ENOUGH, search, step


@pytest.mark.parametrize("limit", [3, 100, 499, 500, 501, 1700, 16_000, 90_000])
def test_the_highest_rate_is_found_nearly(limit: float) -> None:
    found = search(lambda rate: rate <= limit, 500)
    assert limit / CLOSE_ENOUGH <= found <= limit


def test_a_server_that_keeps_up_with_nothing_has_none() -> None:
    assert search(lambda rate: False) == 0


def test_it_ends_with_a_server_that_keeps_up_with_everything() -> None:
    assert search(lambda rate: True) >= 1_000_000


def result(moves: int, milliseconds: int) -> Result:
    result = Result(moves=moves, seconds=1.0)
    histogram = result.histograms.of[Latency.OPPONENT] = Histogram()
    histogram.add(Counter({1000 * milliseconds: moves}))
    return result


def test_a_rate_is_kept_up_with_where_it_is_reached_in_time_and_without_errors() -> None:
    assert step(1000, result(moves=990, milliseconds=40)).within(50)
    assert not step(1000, result(moves=900, milliseconds=40)).within(50)
    assert not step(1000, result(moves=1000, milliseconds=60)).within(50)
    failed = result(moves=1000, milliseconds=40)
    failed.errors["closed 1013"] += 1
    assert not step(1000, failed).within(50)
