"""The figures as people read them, and as programs do."""

from statistics import median
from typing import Any

from tests.bench.figures import Outcome


def table(outcomes: list[Outcome]) -> str:
    """A line a key."""
    head = ("key", "ours", "yardstick", "ratio", "min – max", "goal", "")
    rows = [head, *map(_row, outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join(lines)


def _row(outcome: Outcome) -> tuple[str, ...]:
    goal = str(outcome.goal) if outcome.goal else "report"
    if outcome.missing:
        return outcome.key, "–", "–", "–", "–", goal, outcome.missing
    met = "" if outcome.met is None else "met" if outcome.met else "missed"
    ours = f"{number(median(outcome.ours))} {outcome.unit}"
    if not outcome.compared:
        spread = f"{number(min(outcome.ours))} – {number(max(outcome.ours))}"
        return outcome.key, ours, "–", "–", spread, goal, met
    spread = f"{min(outcome.ratios):.2f} – {max(outcome.ratios):.2f}"
    yardstick = f"{number(median(outcome.yardstick))} {outcome.unit}"
    return outcome.key, ours, yardstick, f"{outcome.ratio:.2f}", spread, goal, met


def number(value: float) -> str:
    """`value` with three digits or more."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def as_json(outcomes: list[Outcome], **more: Any) -> dict[str, Any]:
    """`ratios` by key, and beside them all that they come from."""
    return {
        "ratios": {outcome.key: outcome.ratio for outcome in outcomes},
        "benchmarks": {outcome.key: outcome.as_json() for outcome in outcomes},
        **more,
    }
