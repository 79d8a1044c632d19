"""Search for the highest rate that a server keeps up with: doubled until it does not, then halved in
between."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.load.recorder import Latency
from tests.load.result import Result

REACHED = 0.98
"""The share of the asked rate that has to be reached."""
CLOSE_ENOUGH = 1.06
"""Greatest ratio of the lowest rate that is too high to the highest that is not."""
FIRST = 500.0
"""The first rate, unless another is given, in moves a second."""
LOWEST, HIGHEST = 1.0, 1_000_000.0


@dataclass(frozen=True, slots=True)
class Step:
    """A trial of one rate: moves a second asked for and made, p99 from move to opponent in microseconds."""

    rate: float
    made: float
    p99: int
    sound: bool
    """True without errors and violations."""

    def within(self, bound: float) -> bool:
        """Return whether the rate was reached with p99 at most `bound`, in milliseconds."""
        return self.sound and self.made >= REACHED * self.rate and self.p99 <= bound * 1000


def step(rate: float, result: Result) -> Step:
    """The trial of `rate`."""
    opponent = result.histograms.of.get(Latency.OPPONENT)
    sound = not (result.errors or result.violations)
    return Step(rate, result.moves_per_second, opponent.percentile(99) if opponent else 0, sound)


def search(attempt: Callable[[float], bool], first: float = FIRST) -> float:
    """Approximately the highest rate at which `attempt` succeeds; 0 where there is none."""
    good, bad, rate = 0.0, None, first
    while bad is None or (bad > CLOSE_ENOUGH * good and bad > LOWEST):
        if attempt(rate):
            good = rate
            if good >= HIGHEST:
                break
        else:
            bad = rate
        rate = 2 * good if bad is None else (good + bad) / 2
    return good
