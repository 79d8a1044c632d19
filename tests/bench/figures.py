"""What a benchmark comes to: ours and the yardstick's figures, round by round, and a goal for their ratio."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench.noise import BUSY


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio is to be: at least `bound`, or where it is a cost at most."""

    bound: float
    at_most: bool = False
    reached: float | None = None
    """What is reached today, where that is short of the bound: what must not get worse by half meanwhile."""

    def met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def missed_by_half(self, ratio: float) -> bool:
        """Whether it is so far from the goal, or from what is reached today, that it can be no noise."""
        bound = self.reached or self.bound
        return ratio > bound * 2 if self.at_most else ratio < bound / 2

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:g}"


@dataclass(kw_only=True)
class Outcome:
    """One key of the table. Without a yardstick it is a figure of its own, and so is its `ratio`."""

    key: str
    unit: str
    ours: list[float] = field(default_factory=list)
    """A figure a round."""
    yardstick: list[float] = field(default_factory=list)
    goal: Goal | None = None
    compared: bool = True
    """Whether there is a yardstick."""
    missing: str | None = None
    """Why there is no figure, where there is none."""
    others: float = 0.0
    """The share of the machine that others used meanwhile."""
    details: dict[str, Any] = field(default_factory=dict)
    """Whatever else was seen, by name: as JSON."""

    @property
    def ratios(self) -> list[float]:
        """That of each round: its two halves ran side by side."""
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
        """Whether others used so much of the machine that the figures say little."""
        return self.others > BUSY

    @property
    def too_bad(self) -> bool:
        """Whether it missed its goal by half, and nobody else is to blame."""
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
