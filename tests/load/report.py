"""The figures of a run as a table, and as JSON."""

from dataclasses import asdict
from typing import Any

from tests.load.histogram import PERCENTILES, Histogram
from tests.load.plan import Plan
from tests.load.recorder import Latency
from tests.load.result import Result

SHOWN = 20
"""Violations that are printed, at most; the JSON has all of them."""


def table(plan: Plan, result: Result) -> str:
    """The results of `plan`, latencies in milliseconds."""
    heads = [f"p{percentile:g}" for percentile in PERCENTILES] + ["max"]
    lines = [title(plan), ""]
    if result.moves:
        lines += [
            f"{result.moves_per_second:,.0f} moves/s: {result.moves:,} moves in {result.seconds:.1f} s,"
            f" {result.games:,} games; {1e6 * result.client_seconds / result.moves:.0f} µs of the client's"
            " processor a move",
            "",
        ]
    lines.append(f"{'latency in ms':<22}{'count':>11}" + "".join(f"{head:>10}" for head in heads))
    for latency, histogram in result.histograms.of.items():
        figures = [histogram.percentile(percentile) for percentile in PERCENTILES] + [histogram.max]
        cells = "".join(f"{milliseconds(figure):>10}" for figure in figures)
        lines.append(f"{latency:<22}{histogram.count:>11,}{cells}")
    return "\n".join([*lines, "", *remarks(result)])


def title(plan: Plan) -> str:
    """The plan in a line."""
    pace = f"{plan.rate:,.0f} moves/s asked for" if plan.rate else "flat out"
    if plan.scenario == "spike":
        pace = "all at once"
    games, watched = (
        ("1 game" if plan.games == 1 else f"{plan.games:,} games"),
        f"{plan.spectators:,} spectators each",
    )
    return f"{plan.scenario}: {games}, {watched}, {pace}, {plan.processes} process(es), {plan.url}"


def remarks(result: Result) -> list[str]:
    """Remarks on the result, one sentence each."""
    found = []
    if result.unmade:
        found.append(
            f"{result.unmade:,} moves were due and not made: every game was still waiting for its last."
        )
    if result.starved:
        found.append(f"{result.starved:,} times a place stayed empty until another game was ready.")
    found += [f"error: {count:,} × {error}" for error, count in result.errors.most_common()]
    found += [f"VIOLATION: {violation}" for violation in result.violations[:SHOWN]]
    if len(result.violations) > SHOWN:
        found.append(f"VIOLATION: and {len(result.violations) - SHOWN:,} more")
    if not result.violations:
        found.append("Every game's sockets and answers agree with its log, and its log with the rules.")
    return found


def milliseconds(microseconds: float) -> str:
    """Milliseconds with three significant digits: 0.214, 2.14, 21.4, 2,140."""
    value = microseconds / 1000
    return f"{value:,.{0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.9995 else 3}f}"


def as_json(plan: Plan, result: Result) -> dict[str, Any]:
    """All figures. `hdr` is the histogram as other tools of HdrHistogram read it."""
    of, slices = result.histograms.of, result.histograms.slices
    return {
        "plan": asdict(plan),
        "moves": result.moves,
        "seconds": result.seconds,
        "moves_per_second": result.moves_per_second,
        "moves_each_second": result.each_second,
        "games": result.games,
        "unmade": result.unmade,
        "starved": result.starved,
        "client_seconds": result.client_seconds,
        "errors": dict(result.errors),
        "violations": result.violations,
        "latencies_us": {
            latency.name.lower(): _latency(of[latency])
            | {"seconds": [asdict(s) for s in slices.get(latency, ())]}
            for latency in Latency
            if latency in of
        },
    }


def _latency(histogram: Histogram) -> dict[str, Any]:
    figures = {f"p{percentile:g}": histogram.percentile(percentile) for percentile in PERCENTILES}
    head = {"count": histogram.count, "mean": histogram.mean}
    return {**head, **figures, "max": histogram.max, "hdr": histogram.encode()}
