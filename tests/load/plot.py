"""A line chart as SVG, in the colours of its page; no script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tests.load.axis import Axis

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 72, 40, 40, 52
"""The margins, in the units of the picture, as is the width: pixels where the page is wide enough."""


@dataclass(frozen=True, slots=True)
class Line:
    """`colour` is a class of the page; each point has the text that is shown when it is pointed at."""

    name: str
    colour: str
    points: Sequence[tuple[float, float, str]]
    width: float = 2.25


def plot(
    title: str, lines: Sequence[Line], x: Axis, y: Axis, *, height: int = 360, filled: bool = False
) -> str:
    """`lines` on two axes, each in the legend too; `filled` down to the axis."""
    right, bottom = WIDTH - RIGHT, height - BOTTOM

    def across(value: float) -> float:
        return round(LEFT + x.place(value) * (right - LEFT), 1)

    def down(value: float) -> float:
        return round(bottom - y.place(value) * (bottom - TOP), 1)

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        *(
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{down(value)}" y2="{down(value)}"/>'
            f'<text class="tick end" x="{LEFT - 10}" y="{down(value) + 4}">{text}</text>'
            for value, text in y.ticks
        ),
        *(
            f'<line class="grid" y1="{TOP}" y2="{bottom}" x1="{across(value)}" x2="{across(value)}"/>'
            f'<text class="tick middle" x="{across(value)}" y="{bottom + 20}">{text}</text>'
            for value, text in _apart(x, across)
        ),
        f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>',
        f'<text class="label middle" x="{(LEFT + right) / 2}" y="{height - 8}">{escape(x.label)}</text>',
        f'<text class="label" x="{LEFT}" y="20">{escape(y.label)}</text>',
    ]
    for line in lines:
        places = [(across(point[0]), down(point[1])) for point in line.points]
        path = "M" + "L".join(f"{left},{low}" for left, low in places)
        if filled and places:
            area = f"{path}L{places[-1][0]},{bottom}L{places[0][0]},{bottom}Z"
            parts.append(f'<path class="area {line.colour}" d="{area}"/>')
        parts.append(f'<path class="line {line.colour}" stroke-width="{line.width}" d="{path}"/>')
        parts += [
            f'<circle class="dot {line.colour}" cx="{left}" cy="{low}" r="7">'
            f"<title>{escape(point[2])}</title></circle>"
            for (left, low), point in zip(places, line.points, strict=True)
        ]
    return "\n".join([*parts, *_legend(lines, right), "</svg>"])


def _apart(x: Axis, across: Callable[[float], float]) -> list[tuple[float, str]]:
    """The ticks without those that would overlap the one before."""
    found = [x.ticks[0]] if x.ticks else []
    for _, tick in pairwise(x.ticks):
        if across(tick[0]) - across(found[-1][0]) >= 9 * len(tick[1]):
            found.append(tick)
    return found


def _legend(lines: Sequence[Line], right: int) -> list[str]:
    """From the right, one beside the other."""
    if len(lines) < 2:
        return []
    parts, at = [], right
    for line in reversed(lines):
        at -= round(7.5 * len(line.name))
        parts.append(f'<text class="label" x="{at}" y="20">{escape(line.name)}</text>')
        at -= 22
        place = f'x1="{at}" x2="{at + 15}" y1="16" y2="16"'
        parts.append(f'<line class="line {line.colour}" {place} stroke-width="4"/>')
        at -= 18
    return parts
