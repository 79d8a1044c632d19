"""The cost of the game page: bytes, requests, movement of the layout, and work for each move."""

import re
from typing import Any

import pytest

from server.web.assets import STATIC
from server.web.minify import minify
from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import play
from tests.support.player import Api

JAVASCRIPT = 60 * 1024
"""Most bytes of JavaScript that are loaded to play, before compression."""
OF_OTHERS = 40 * 1024
"""Most bytes of JavaScript that any other page loads, before compression, its menu among them."""
OF_ALL = 150 * 1024
"""Most bytes of JavaScript of all pages, what several share counted once."""
CSS = 32 * 1024
"""Most characters of the game page's style sheets, which are in its document."""
REQUESTS = 12
"""Most requests that the game page takes."""
CHANGES = 80
"""Most changes of the document for one move."""
GAME = "4444432233"
"""Nobody wins."""

LOADED = """
const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
entries.map(({ name, decodedBodySize }) => {
    const kind = /\\.(\\w+)$/.exec(new URL(name).pathname)?.[1] ?? "html";
    return [kind, decodedBodySize];
})
"""
"""The kind of each file that was loaded, and its bytes before compression."""
OBSERVE = """
window.seen = { shift: [], painted: 0, changes: 0 };
const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
observe("layout-shift", ({ hadRecentInput, value, sources }) => {
    const moved = sources.map(({ node }) => node?.outerHTML ?? node?.data);
    if (!hadRecentInput) seen.shift.push([value, ...moved]);
});
observe("measure", ({ name }) => { if (name === "event-to-screen") seen.painted++; });
const everything = { attributes: true, characterData: true, childList: true, subtree: true };
new MutationObserver((records) => { seen.changes += records.length; }).observe(document, everything);
"""


@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desktop"])
async def test_the_game_page_is_small_does_little_for_a_move_and_nothing_on_it_moves(
    visit: Visit, site: Api, width: int
) -> None:
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "reduced_motion": "no-preference",
    }
    game, yellow, red = await site.start()
    async with (
        visit(**options) as eve,
        site.seated(game, yellow) as ada,
        site.seated(game, red) as grace,
    ):
        await eve.page.add_init_script(OBSERVE)
        await eve.open(game)
        await eve.at(4)
        await eve.parts("browser/timings")  # which counts what is painted
        before = await eve.page.evaluate("seen.changes")
        await play(ada, grace, GAME)
        await eve.at(4 + len(GAME))
        await eve.until(f"seen.painted === {len(GAME)}")
        seen = await eve.page.evaluate("seen")
        loaded = await eve.page.evaluate(LOADED)
        styles = await eve.page.evaluate("document.querySelector('style').textContent.length")
    assert len(loaded) <= REQUESTS
    assert 0 < sum(size for of, size in loaded if of == "js") <= JAVASCRIPT
    assert 0 < styles <= CSS
    assert (seen["changes"] - before) / len(GAME) <= CHANGES
    assert sum(shift for shift, *_ in seen["shift"]) < 0.01, seen["shift"]


@pytest.mark.parametrize("touch", [False, True], ids=["desktop", "phone"])
async def test_a_player_loads_no_more_than_that_either(sit: Sit, touch: bool) -> None:
    screen = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    async with sit(**(screen if touch else {})) as (ada, grace, _):
        await ada.drop(0)
        await grace.hear_version(5)
        await ada.page.wait_for_load_state("networkidle")
        loaded = await ada.page.evaluate(LOADED)
    assert 0 < sum(size for of, size in loaded if of == "js") <= JAVASCRIPT


@pytest.mark.parametrize("path", ["/", "/log", "/me", "/standings"])
async def test_other_pages_are_smaller(visit: Visit, path: str) -> None:
    async with visit() as ada:
        await ada.create()
        await ada.page.goto(path)
        await ada.see("open-menu").click()
        await ada.see("menu").wait_for()
        await ada.page.keyboard.press("Escape")
        if path == "/me":
            await ada.see("my-seat").click()
            await ada.see("handover-qr").wait_for()
        loaded = await ada.page.evaluate(LOADED)
    assert 0 < sum(size for of, size in loaded if of == "js") <= OF_OTHERS


def test_all_scripts_together_are_small() -> None:
    assert 0 < sum(_minified(path.read_text()) for path in STATIC.rglob("*.js")) <= OF_ALL


def _minified(module: str) -> int:
    """The bytes of a module in the script of a page: without its imports, and with short names of its own."""
    exported = re.findall(r"^export (?:async )?(?:function|class|const|let) (\w+)", module, re.MULTILINE)
    module = re.sub(r"^import[^;]*;$|^export (?:\{[^}]*\}[^;]*;)?", "", module, flags=re.MULTILINE)
    frame = "(async () => {{{}\nreturn {{ {} }}; }})();"
    return len(minify(frame.format(module, ", ".join(exported))).encode())
