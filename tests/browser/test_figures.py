"""The cost of the game page: bytes, requests, paint, from event to screen. `pytest -s` prints the figures."""

import asyncio
import json
from statistics import median
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import play

JAVASCRIPT = 60 * 1024
"""Limit of what is loaded to play, in bytes as sent, before compression."""
GAME = "4444432233"
"""Nobody wins."""

LOADED = """
const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
entries.map(({ name, decodedBodySize }) => {
    const kind = /\\.(\\w+)$/.exec(new URL(name).pathname)?.[1] ?? "html";
    return [kind, decodedBodySize];
})
"""
"""What was loaded, each as its kind and its bytes before compression."""
OBSERVE = """
window.seen = { shift: [], long: 0, screen: [] };
const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
observe("layout-shift", ({ hadRecentInput, value, sources }) => {
    const moved = sources.map(({ node }) => node?.outerHTML ?? node?.data);
    if (!hadRecentInput) seen.shift.push([value, ...moved]);
});
observe("longtask", ({ duration }) => { seen.long = Math.max(seen.long, duration); });
observe("measure", ({ name, duration }) => { if (name === "event-to-screen") seen.screen.push(duration); });
"""


@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desktop"])
async def test_the_game_page_is_small_and_nothing_on_it_moves(visit: Visit, width: int) -> None:
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "reduced_motion": "no-preference",
    }
    async with visit(**options) as ada, visit(**options) as grace, visit(**options) as eve:
        game = await ada.create()
        await grace.join(game)
        await eve.page.add_init_script(OBSERVE)
        await eve.open(game)
        await eve.at(4)
        await play(ada, grace, GAME)
        await eve.at(4 + len(GAME))
        await asyncio.gather(*(visitor.at(4 + len(GAME)) for visitor in (ada, grace)))
        await eve.page.wait_for_function(f"seen.screen.length >= {len(GAME)}")
        seen = await eve.page.evaluate("seen")
        loaded = await eve.page.evaluate(LOADED)
        paint = await eve.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    screen = sorted(seen["screen"])
    figures = {
        "requests": len(loaded),
        "bytes": {kind: sum(size for of, size in loaded if of == kind) for kind in sorted(dict(loaded))},
        "first paint, ms": round(paint),
        "event to screen, ms": {"median": round(median(screen), 1), "most": round(screen[-1], 1)},
        "longest task, ms": round(seen["long"]),
    }
    print(json.dumps(figures, indent=2))
    assert sum(size for of, size in loaded if of == "js") < JAVASCRIPT
    assert sum(shift for shift, *_ in seen["shift"]) < 0.01, seen["shift"]
