"""The figures as a table, as JSON, and as a part of the documents."""

from statistics import median
from typing import Any

from tests.bench.counts import Counts
from tests.bench.figures import Outcome

BEGIN, END = "<!-- the latest table -->", "<!-- its end -->"

Row = tuple[str, ...]


def table(outcomes: list[Outcome], counts: dict[int, Counts]) -> str:
    """A row for each key, and below it the costs of a move."""
    text = _aligned([("key", "ours", "yardstick", "ratio", "min – max", "goal", ""), *map(_row, outcomes)])
    if counts:
        names = [name for name in next(iter(counts.values())) if name != "moves"]
        rows = [
            (f"{games} at a time", *(_count(per_move.get(name)) for name in names))
            for games, per_move in counts.items()
        ]
        text += "\n\n" + _aligned([("a move, of games", *names), *rows])
    return text


def number(value: float) -> str:
    """`value` with at least three digits."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def as_json(
    outcomes: list[Outcome], counts: dict[int, Counts], machine: dict[str, Any], sizes: dict[str, Any]
) -> dict[str, Any]:
    """`ratios` by key, and everything that they were computed from."""
    return {
        "ratios": {outcome.key: outcome.ratio for outcome in outcomes},
        "benchmarks": {outcome.key: outcome.as_json() for outcome in outcomes},
        "counts_per_move": {str(games): per_move for games, per_move in counts.items()},
        "machine": machine,
        "sizes": sizes,
    }


def replaced(document: str, table: str, machine: dict[str, Any]) -> str:
    """`document` with the table and the machine between its two marks. Raises ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no place for a table: {BEGIN} … {END}")
    seen_on = ", ".join(f"{name} {value}" for name, value in machine.items())
    return f"{before}{BEGIN}\n```\n{table}\n```\n\nSeen on: {seen_on}.\n{END}{after}"


def _row(outcome: Outcome) -> Row:
    goal = str(outcome.goal) if outcome.goal else "report"
    if outcome.missing:
        return outcome.key, "–", "–", "–", "–", goal, outcome.missing
    met = "" if outcome.met is None else "met" if outcome.met else "missed"
    if outcome.disturbed:
        met = f"{met} (others used {outcome.others:.0%} of the machine)".strip()
    ours = f"{number(median(outcome.ours))} {outcome.unit}"
    if not outcome.compared:
        spread = f"{number(min(outcome.ours))} – {number(max(outcome.ours))}"
        return outcome.key, ours, "–", "–", spread, goal, met
    spread = f"{min(outcome.ratios):.2f} – {max(outcome.ratios):.2f}"
    yardstick = f"{number(median(outcome.yardstick))} {outcome.unit}"
    return outcome.key, ours, yardstick, f"{outcome.ratio:.2f}", spread, goal, met


def _count(value: float | None) -> str:
    return "not counted" if value is None else f"{value:.3f}"


def _aligned(rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(lines)
