"""Histograms of latencies."""

from array import array
from collections import Counter

from tests.load.histogram import Histogram, Histograms, Slice, summed_up
from tests.load.recorder import Latency, Recorder


def test_percentiles_of_a_second_are_exact() -> None:
    assert summed_up(3, Counter(range(1, 101))) == Slice(3, 100, 50, 99, 100)
    assert summed_up(0, Counter([7])) == Slice(0, 1, 7, 7, 7)
    assert summed_up(0, Counter({10: 99, 5000: 1})) == Slice(0, 100, 10, 10, 5000)


def test_a_histogram_tells_to_three_digits() -> None:
    histogram = Histogram()
    histogram.add(Counter(range(1, 100_001)))
    for percentile in (50.0, 90.0, 99.0, 99.9):
        expected = percentile * 1000
        assert abs(histogram.percentile(percentile) - expected) <= expected / 1000
    assert (histogram.count, Histogram().percentile(99)) == (100_000, 0)


def test_histograms_merge_by_their_encoded_form() -> None:
    low, high, together = Histogram(), Histogram(), Histogram()
    low.add(Counter(range(1, 1000)))
    high.add(Counter(range(1000, 2000)))
    together.add(Counter(range(1, 2000)))
    low.merge(high.encode())
    assert low.encode() == together.encode()


def test_a_distribution_rises_to_the_last() -> None:
    histogram = Histogram()
    histogram.add(Counter(range(1, 10_001)))
    steps = list(histogram.distribution())
    assert steps == sorted(steps)
    assert steps[-1] == (100.0, histogram.max)


def test_processes_are_summed_up_second_by_second() -> None:
    histograms = Histograms()
    one, other = (Recorder(), Recorder())
    one.of[Latency.OPPONENT].extend([10, 20])
    other.of[Latency.OPPONENT].append(30)
    histograms.add(0, [one.take(), other.take()])
    assert histograms.slices == {Latency.OPPONENT: [Slice(0, 3, 20, 30, 30)]}
    assert one.take() == {}


def test_what_comes_after_the_last_second_is_in_no_second() -> None:
    histograms = Histograms()
    histograms.add(1, [{Latency.OPPONENT: array("I", [5]).tobytes()}], late=True)
    assert histograms.of[Latency.OPPONENT].count == 1
    assert histograms.slices == {}
