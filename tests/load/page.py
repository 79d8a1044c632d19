"""A run as one HTML file with all it needs: figures and pictures."""

from html import escape
from pathlib import Path

from tests.load.axis import exact, linear, logarithmic, percentiles
from tests.load.histogram import PERCENTILES, Histogram, Slice
from tests.load.plan import Plan
from tests.load.plot import Line, plot
from tests.load.recorder import Latency
from tests.load.report import milliseconds, remarks, title
from tests.load.result import Result

STYLE = Path(__file__).with_name("page.css")
COLOURS = {
    Latency.ACCEPTED: "green",
    Latency.OPPONENT: "blue",
    Latency.SPECTATOR: "orange",
    Latency.LAST_SPECTATOR: "red",
    Latency.WELCOMED: "blue",
    Latency.WHOLE: "orange",
    Latency.WHOLE_AGAIN: "red",
}


def page(plan: Plan, result: Result) -> str:
    """The text of the file. There must be at least one latency."""
    main = main_latency(result)
    histogram = result.histograms.of[main]
    sections = [_tiles(result, main, histogram), _table(result)]
    slices = result.histograms.slices[main]
    if len(slices) > 1:
        sections.append(_section(f"Latency over time: {main}", over_time(slices)))
    if len(result.each_second) > 1:
        sections.append(_section("Moves over time", moves_over_time(result.each_second)))
    sections.append(_section("Latency by percentile", by_percentile(result)))
    sections.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks(result)) + "</ul>")
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title(plan))}</title>\n<style>\n{STYLE.read_text()}</style>\n"
        f"<main>\n<h1>Connect Four under load</h1>\n<p class=plan>{escape(title(plan))}</p>\n"
        + "\n".join(sections)
        + "\n</main>\n</html>\n"
    )


def main_latency(result: Result) -> Latency:
    """The latency that the pictures over time show."""
    order = (Latency.LAST_SPECTATOR, Latency.OPPONENT, Latency.WHOLE, *tuple(Latency))
    return next(latency for latency in order if latency in result.histograms.of)


def over_time(slices: list[Slice]) -> str:
    """A picture of p50, p99 and the longest latency of each second."""
    lines = []
    for name, colour in (("p50", "blue"), ("p99", "orange"), ("max", "red")):
        points = []
        for each in slices:
            value = getattr(each, name) / 1000
            points.append(
                (each.number + 1, value, f"second {each.number + 1}: {name} {milliseconds(value * 1000)} ms")
            )
        lines.append(Line(name, colour, points))
    values = [value for line in lines for _, value, _ in line.points]
    y = logarithmic("milliseconds, log scale", min(values), max(values))
    return plot("Latency over time", lines, exact("seconds", slices[-1].number + 1), y)


def moves_over_time(each_second: list[int]) -> str:
    """A picture of the number of moves in each second."""
    points = [
        (second, moves, f"second {second}: {moves:,} moves") for second, moves in enumerate(each_second, 1)
    ]
    y = linear("moves a second", max(moves for _, moves, _ in points), 4)
    x = exact("seconds", len(each_second))
    return plot("Moves over time", [Line("moves", "green", points)], x, y, height=220, filled=True)


def by_percentile(result: Result) -> str:
    """A picture of the distributions, as HdrHistogram draws them."""
    of = result.histograms.of
    lines: list[Line] = []
    for latency, histogram in of.items():
        last = 100 * (1 - 1 / histogram.count)  # beyond it there are too few values to tell percentiles apart
        points = [
            (
                min(percentile, last),
                value / 1000,
                f"{latency}: {percentile:.6g} % within {milliseconds(value)} ms",
            )
            for percentile, value in histogram.distribution()
            if percentile <= last or percentile == 100
        ]
        # The lower of two equal lines stays visible.
        lines.append(Line(latency, COLOURS[latency], points, 2.25 + 1.75 * (len(of) - 1 - len(lines))))
    values = [value for line in lines for _, value, _ in line.points]
    x = percentiles("percentile, each further nine as far again", max(each.count for each in of.values()))
    y = logarithmic("milliseconds, log scale", max(min(values), 0.001), max(values))
    return plot("Latency by percentile", lines, x, y, height=420)


def _section(heading: str, picture: str) -> str:
    return f"<section>\n<h2>{escape(heading)}</h2>\n{picture}\n</section>"


def _tiles(result: Result, main: Latency, histogram: Histogram) -> str:
    tiles = [(f"{result.moves_per_second:,.0f}", "moves/s")] if result.moves else []
    tiles += [(f"{milliseconds(histogram.percentile(p))} ms", f"p{p:g} {main}") for p in (50.0, 99.0)]
    tiles.append((f"{len(result.violations):,}", "violations"))
    return (
        "<dl>"
        + "".join(f"<div><dd>{escape(value)}</dd><dt>{escape(what)}</dt></div>" for value, what in tiles)
        + "</dl>"
    )


def _table(result: Result) -> str:
    heads = ["latency in ms", "count", *(f"p{percentile:g}" for percentile in PERCENTILES), "max"]
    rows = []
    for latency, histogram in result.histograms.of.items():
        cells = [f"{histogram.count:,}", *(milliseconds(histogram.percentile(p)) for p in PERCENTILES)]
        cells.append(milliseconds(histogram.max))
        rows.append(
            f"<tr><th scope=row><i class={COLOURS[latency]}></i>{escape(latency)}</th>"
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    head = "".join(f"<th scope=col>{head}</th>" for head in heads)
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
