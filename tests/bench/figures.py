"""Results of a benchmark: ours and the yardstick's figures, round by round, and a goal for their ratio."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench.noise import BUSY


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal for a ratio: at least `bound`, or at most for a cost."""

    bound: float
    at_most: bool = False
    reached: float | None = None
    """The ratio reached today where it is short of `bound`; it must not get worse by half."""

    def met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def missed_by_half(self, ratio: float) -> bool:
        """Return whether `ratio` misses the goal, or the ratio reached today, by more than noise."""
        bound = self.reached or self.bound
        return ratio > bound * 2 if self.at_most else ratio < bound / 2

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}"


@dataclass(kw_only=True)
class Outcome:
    """One row of the table. Without a yardstick `ratio` is the figure itself."""

    key: str
    unit: str
    ours: list[float] = field(default_factory=list)
    """One figure for each round."""
    yardstick: list[float] = field(default_factory=list)
    goal: Goal | None = None
    compared: bool = True
    """False where there is no yardstick."""
    missing: str | None = None
    """The reason why there is no figure."""
    others: float = 0.0
    """The share of the machine that other processes used during the measurement."""
    details: dict[str, Any] = field(default_factory=dict)
    """Other observations, by name, as JSON."""

    @property
    def ratios(self) -> list[float]:
        """The ratio of each round, whose two halves ran one right after the other."""
        if not self.compared:
            return self.ours
        return [ours / theirs for ours, theirs in zip(self.ours, self.yardstick, strict=True)]

    @property
    def ratio(self) -> float | None:
        return None if self.missing else median(self.ratios)

    @property
    def met(self) -> bool | None:
        return self.goal.met(self.ratio) if self.goal and self.ratio is not None else None

    @property
    def missed_by_half(self) -> bool:
        return bool(self.goal and self.ratio is not None and self.goal.missed_by_half(self.ratio))

    @property
    def disturbed(self) -> bool:
        """Return whether other processes used so much of the machine that the figures say little."""
        return self.others > BUSY

    @property
    def too_bad(self) -> bool:
        """Return whether it missed its goal by half although the machine was quiet."""
        return self.missed_by_half and not self.disturbed

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"unit": self.unit, "goal": str(self.goal) if self.goal else None}
        if self.missing:
            return {**shown, "ratio": None, "missing": self.missing}
        shown |= {
            "others_share": self.others,
            "met": self.met,
            "ratio": self.ratio,
            "min": min(self.ratios),
            "max": max(self.ratios),
        }
        shown |= {"ours": median(self.ours), "yardstick": median(self.yardstick) if self.compared else None}
        return {**shown, "rounds": {"ours": self.ours, "yardstick": self.yardstick}, **self.details}
