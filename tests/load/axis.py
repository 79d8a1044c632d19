"""The axes of a picture: the place of a value, from 0 to 1, and the labels."""

import math
from collections.abc import Callable
from dataclasses import dataclass

Tick = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Axis:
    """`place` gives 0 for its beginning and 1 for its end."""

    label: str
    ticks: list[Tick]
    place: Callable[[float], float]


def linear(label: str, high: float, steps: int = 6) -> Axis:
    """From 0 to `high`, or a little further, with round ticks."""
    step = _round_step(max(high, 1e-9) / steps)
    top = math.ceil(max(high, 1e-9) / step - 1e-9) * step
    ticks = [(i * step, f"{i * step:,.10g}") for i in range(round(top / step) + 1)]
    return Axis(label, ticks, lambda value: value / top)


def exact(label: str, high: float, steps: int = 10) -> Axis:
    """From 0 to `high`, which is its end."""
    ticks = [tick for tick in linear(label, high, steps).ticks if tick[0] <= high]
    return Axis(label, ticks, lambda value: value / high)


def logarithmic(label: str, low: float, high: float) -> Axis:
    """From `low` to `high` or a little beyond, with ticks at 1, 2 and 5 of each power of ten, if few."""
    ends = [math.log10(max(end, 1e-6)) for end in (low, high)]
    powers = range(math.floor(ends[0]) - 1, math.ceil(ends[1]) + 2)
    candidates = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    first = max((tick for tick in candidates if tick <= 10 ** ends[0] * 1.0001), default=candidates[0])
    last = min(tick for tick in candidates if tick >= 10 ** ends[1] * 0.9999 and tick > first)
    shown = [tick for tick in candidates if first * 0.9999 <= tick <= last * 1.0001]
    if len(shown) > 10:
        shown = [tick for tick in shown if math.log10(tick) % 1 < 1e-6 or math.log10(tick) % 1 > 1 - 1e-6]
    span = math.log10(last / first)

    def place(value: float) -> float:
        return min(1.0, max(0.0, math.log10(max(value, first) / first) / span))

    return Axis(label, [(tick, f"{tick:,.10g}") for tick in shown], place)


def percentiles(label: str, count: int) -> Axis:
    """The axis of HdrHistogram: each further nine takes as much room as the one before, up to the last of
    `count` values."""
    nines = max(1.0, math.log10(max(count, 1)))

    def place(percentile: float) -> float:
        return 1.0 if percentile >= 100 else min(1.0, -math.log10(1 - percentile / 100) / nines)

    written = [0.0, 50.0, 90.0] + [100 - 10.0 ** (2 - n) for n in range(2, math.floor(nines) + 1)]
    return Axis(label, [(percentile, f"{percentile:.10g} %") for percentile in written], place)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * 0.9999)
