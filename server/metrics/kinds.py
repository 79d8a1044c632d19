"""Kinds of figures: their names for Prometheus, and the indices at which they are counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the histograms' buckets, in seconds."""
BOUNDS = [int(bound * 1e9) for bound in BUCKETS]
SUM = len(BUCKETS) + 1
"""The place of the sum, in nanoseconds, behind a histogram's buckets."""

OTHER = "other"
"""The value of a label that stands for all that are not known."""


class Labels(dict[str, int]):
    """The index of each value of a label. A value that is not known counts as `other`, if that is one."""

    def __missing__(self, value: str) -> int:
        if value == OTHER:
            raise KeyError(value)
        return self[OTHER]


@dataclass(frozen=True, slots=True)
class _Family:
    """The description of one figure. `first` is its index, or that of its first part."""

    name: str
    help: str
    first: int


class _Counter(_Family):
    def metric(self, counts: Sequence[int]) -> Metric:
        return CounterMetricFamily(self.name, self.help, value=counts[self.first])


@dataclass(frozen=True, slots=True)
class _LabelledCounter(_Family):
    label: str
    labels: Labels

    def metric(self, counts: Sequence[int]) -> Metric:
        metric = CounterMetricFamily(self.name, self.help, labels=[self.label])
        for value, index in self.labels.items():
            metric.add_metric([value], counts[index])
        return metric


@dataclass(frozen=True, slots=True)
class _LabelledGauge(_Family):
    label: str
    labels: Labels
    unit: float

    def metric(self, counts: Sequence[int]) -> Metric:
        metric = GaugeMetricFamily(self.name, self.help, labels=[self.label])
        for value, index in self.labels.items():
            metric.add_metric([value], counts[index] * self.unit)
        return metric


class _Gauge(_Family):
    def metric(self, counts: Sequence[int]) -> Metric:
        return GaugeMetricFamily(self.name, self.help, value=counts[self.first])


class _Histogram(_Family):
    def metric(self, counts: Sequence[int]) -> Metric:
        buckets: list[tuple[str, float]] = []
        total = 0
        for place, bound in enumerate((*map(str, BUCKETS), "+Inf")):
            total += counts[self.first + place]
            buckets.append((bound, total))
        return HistogramMetricFamily(self.name, self.help, buckets, counts[self.first + SUM] / 1e9)


class Figures:
    """Figures as they are declared, each at an index of its own; with labels, one for each value."""

    def __init__(self) -> None:
        self.families: list[_Counter | _LabelledCounter | _Gauge | _LabelledGauge | _Histogram] = []
        self.size = 0
        """The number of indices."""

    def allot(self, number: int = 1) -> int:
        """The first of so many indices that nothing else uses."""
        self.size += number
        return self.size - number

    def counter(self, name: str, help: str) -> int:
        self.families.append(_Counter(name, help, index := self.allot()))
        return index

    def gauge(self, name: str, help: str) -> int:
        self.families.append(_Gauge(name, help, index := self.allot()))
        return index

    def labelled_counter(self, name: str, help: str, label: str, values: Iterable[object]) -> Labels:
        labels = self._labels(values)
        self.families.append(_LabelledCounter(name, help, min(labels.values()), label, labels))
        return labels

    def labelled_gauge(
        self, name: str, help: str, label: str, values: Iterable[object], unit: float = 1
    ) -> Labels:
        """`unit` is the share of the shown unit that is counted."""
        labels = self._labels(values)
        self.families.append(_LabelledGauge(name, help, min(labels.values()), label, labels, unit))
        return labels

    def histogram(self, name: str, help: str) -> int:
        self.families.append(_Histogram(name, help, index := self.allot(SUM + 1)))
        return index

    def _labels(self, values: Iterable[object]) -> Labels:
        return Labels({str(value): self.allot() for value in values})
