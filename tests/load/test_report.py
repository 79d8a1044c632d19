"""The reports: the table, the JSON, the page, and the line of each second."""

import io
import json
import xml.etree.ElementTree as ElementTree
from array import array

import pytest

from tests.load.axis import exact, linear, logarithmic, percentiles
from tests.load.crew import Tick
from tests.load.histogram import Slice
from tests.load.page import page
from tests.load.plan import Plan
from tests.load.progress import Progress, told
from tests.load.recorder import Latency
from tests.load.report import as_json, milliseconds, table
from tests.load.result import Result

PLAN = Plan(url="http://127.0.0.1:8000", games=50, spectators=2, rate=1000)


def result() -> Result:
    result = Result(moves=2000, seconds=2.0, games=50, each_second=[1000, 1000])
    for second in range(2):
        for latency in (Latency.ACCEPTED, Latency.OPPONENT, Latency.SPECTATOR):
            values = array("I", range(1000, 2000))
            result.histograms.add(second, [{latency: values.tobytes()}])
    return result


def test_the_table_has_a_row_for_each_latency() -> None:
    shown = table(PLAN, result())
    assert "1,000 moves/s: 2,000 moves in 2.0 s" in shown
    row = next(line for line in shown.splitlines() if line.startswith("move → opponent"))
    assert row.removeprefix("move → opponent").split() == ["2,000", "1.50", "1.90", "1.99", "2.00", "2.00"]
    assert "VIOLATION" not in shown


def test_violations_are_shown_and_errors_counted() -> None:
    bad = result()
    bad.violations = [f"violation {number}" for number in range(30)]
    bad.errors["closed 1013"] = 7
    shown = table(PLAN, bad)
    assert "VIOLATION: violation 0" in shown
    assert "VIOLATION: and 10 more" in shown
    assert "error: 7 × closed 1013" in shown


def test_the_json_has_everything() -> None:
    written = json.loads(json.dumps(as_json(PLAN, result())))
    assert (written["moves_per_second"], written["moves_each_second"]) == (1000, [1000, 1000])
    opponent = written["latencies_us"]["opponent"]
    assert (opponent["count"], opponent["p99"]) == (2000, 1989)
    assert opponent["seconds"][1] == {"number": 1, "count": 1000, "p50": 1499, "p99": 1989, "max": 1999}


def test_the_page_needs_nothing_else_and_its_pictures_are_well_formed() -> None:
    text = page(PLAN, result())
    assert "<script" not in text
    assert "src=" not in text
    assert "prefers-color-scheme: dark" in text
    pictures = [part.partition("</svg>")[0] for part in text.split("<svg")[1:]]
    titles = [ElementTree.fromstring(f"<svg{each}</svg>").get("aria-label") for each in pictures]
    assert titles == ["Latency over time", "Moves over time", "Latency by percentile"]


def test_a_second_is_a_line_where_nobody_looks() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress("Creating games.")
    progress(Tick(0, 1234, Slice(0, 10, 1, 2500, 9000), 3))
    progress.end()
    assert out.getvalue() == "Creating games.\n   1 s    1,234 moves/s  p99       2.5 ms  3 errors\n"


def test_on_a_terminal_the_line_is_written_anew() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    progress = Progress(out)
    progress(Tick(0, 1, None, 0))
    progress.end()
    assert out.getvalue() == f"\r\x1b[2K{told(Tick(0, 1, None, 0))}\r\x1b[2K"


@pytest.mark.parametrize(
    ("microseconds", "shown"), [(214, "0.214"), (2140, "2.14"), (21_400, "21.4"), (2_140_000, "2,140")]
)
def test_three_digits_are_shown(microseconds: int, shown: str) -> None:
    assert milliseconds(microseconds) == shown


def test_axes_have_round_ticks_and_hold_every_value() -> None:
    assert [text for _, text in linear("", 930, 4).ticks] == ["0", "500", "1,000"]
    assert exact("", 30).ticks[-1] == (30, "30")
    axis = logarithmic("", 0.3, 45)
    assert [text for _, text in axis.ticks] == ["0.2", "0.5", "1", "2", "5", "10", "20", "50"]
    assert (axis.place(0.2), axis.place(50)) == (0, 1)
    assert logarithmic("", 5, 5).place(5) == 0


def test_each_nine_of_a_percentile_is_as_far_as_the_one_before() -> None:
    axis = percentiles("", 10_000)
    assert [round(axis.place(p), 9) for p in (0, 90, 99, 99.9, 99.99, 100)] == [0, 0.25, 0.5, 0.75, 1, 1]
