"""Latencies in HdrHistograms, and a line for each second."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from tests.load.recorder import Latency, Taken

LONGEST = 3_600_000_000
"""The longest latency that is told apart from longer ones, in microseconds: an hour."""
DIGITS = 3
PERCENTILES = (50.0, 90.0, 99.0, 99.9)


@dataclass(frozen=True, slots=True)
class Slice:
    """Second `number` of one latency: the count, and percentiles in microseconds."""

    number: int
    count: int
    p50: int
    p99: int
    max: int


class Histogram:
    """One latency's distribution, in microseconds, to three digits."""

    def __init__(self) -> None:
        self._hdr: Any = HdrHistogram(1, LONGEST, DIGITS)

    @property
    def count(self) -> int:
        return int(self._hdr.get_total_count())

    @property
    def max(self) -> int:
        return int(self._hdr.get_max_value())

    @property
    def mean(self) -> float:
        return float(self._hdr.get_mean_value())

    def add(self, values: Counter[int]) -> None:
        """Record each of `values` as often as it is there."""
        for value, count in values.items():
            self._hdr.record_value(min(value, LONGEST), count)

    def percentile(self, percentile: float) -> int:
        """The latency, in microseconds, that `percentile` % of the values do not exceed; 0 without values."""
        return int(self._hdr.get_value_at_percentile(percentile)) if self.count else 0

    def encode(self) -> str:
        """The histogram in HdrHistogram's own compressed form, base64, as its other tools read it."""
        return str(self._hdr.encode().decode())

    def merge(self, encoded: str) -> None:
        """Add what another histogram's `encode` gave."""
        self._hdr.decode_and_add(encoded.encode())

    def distribution(self) -> Iterator[tuple[float, int]]:
        """Percentiles ever closer to 100, up to 100 itself, and the latency at each in microseconds."""
        if self.count:
            for step in self._hdr.get_percentile_iterator(5):
                yield float(step.percentile_level_iterated_to), int(step.value_iterated_to)


class Histograms:
    """Every latency of a run, and each second of it."""

    def __init__(self) -> None:
        self.of: dict[Latency, Histogram] = {}
        self.slices: dict[Latency, list[Slice]] = {}

    def add(self, second: int, taken: list[Taken], late: bool = False) -> None:
        """Add the latencies of all processes in one second of the run, or after its end where `late`."""
        for latency in Latency:
            values: Counter[int] = Counter()
            for each in taken:
                values.update(array("I", each.get(latency, b"")))
            if values:
                self.of.setdefault(latency, Histogram()).add(values)
                if not late:
                    self.slices.setdefault(latency, []).append(summed_up(second, values))


def summed_up(second: int, values: Counter[int]) -> Slice:
    """The line of one second; its percentiles are exact."""
    count = values.total()
    ranks = [max(1, -(-count * percent // 100)) for percent in (50, 99)]
    ordered = sorted(values)
    seen = list(accumulate(values[value] for value in ordered))
    p50, p99 = (ordered[bisect_left(seen, rank)] for rank in ranks)
    return Slice(second, count, p50, p99, ordered[-1])
