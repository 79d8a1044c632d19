"""The highest rate that a server keeps up with: doubled until it does not, then halved in between."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.load.recorder import Latency
from tests.load.result import Result

REACHED = 0.98
"""What part of the rate asked for must have come."""
CLOSE_ENOUGH = 1.06
"""How far the lowest rate that is too high may be above the highest that is not."""
FIRST = 500.0
"""Where to begin when nobody says, in moves a second."""
LOWEST, HIGHEST = 1.0, 1_000_000.0


@dataclass(frozen=True, slots=True)
class Step:
    """One rate tried: moves a second asked for and made, p99 of move → opponent in microseconds."""

    rate: float
    made: float
    p99: int
    sound: bool
    """Whether there were no errors and no violations."""

    def within(self, bound: float) -> bool:
        """Whether the rate was reached with p99 at most `bound`, in milliseconds."""
        return self.sound and self.made >= REACHED * self.rate and self.p99 <= bound * 1000


def step(rate: float, result: Result) -> Step:
    """What came of trying `rate`."""
    opponent = result.histograms.of.get(Latency.OPPONENT)
    sound = not (result.errors or result.violations)
    return Step(rate, result.moves_per_second, opponent.percentile(99) if opponent else 0, sound)


def search(attempt: Callable[[float], bool], first: float = FIRST) -> float:
    """The highest rate at which `attempt` succeeds, nearly; 0 where none does."""
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
