"""`python -m tests.browser.far_away`: a game's page from far away, of this release and of the one before.

The way there and back takes 400 ms, and 400 kbit/s fit through; a connection takes a round trip to be made.
Prints when the page has words, when its board is painted and when it is live. Needs Chromium.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser.visitor import Visitor, find_chromium
from tests.support import release
from tests.support.gateway import Gateway
from tests.support.player import Api, client
from tests.support.serving import command

ROUND_TRIP = 0.4
"""In seconds."""
RATE = 400_000 / 8
"""In bytes per second."""
RUNS = 5
"""Number of visits of each kind; the median is shown."""
MOVES = "4444432233"

MARKS = """
window.at = {};
const mark = (name, is) => { if (!(name in at) && is) at[name] = performance.now(); };
const painted = (name, is) => { if (!(name in at) && is) { at[name] = Infinity;
    requestAnimationFrame(() => setTimeout(() => { at[name] = performance.now(); })); } };
new PerformanceObserver((list) => list.getEntries().forEach(({ name, startTime }) => {
    if (name === "first-contentful-paint") at.words = startTime;
})).observe({ type: "paint", buffered: true });
new MutationObserver(() => {
    painted("board", Number(document.querySelector("[data-testid=board]")?.dataset.version) > 0);
    mark("live", document.querySelector("[data-testid=connection]")?.dataset.state === "live");
}).observe(document, { attributes: true, childList: true, subtree: true });
"""
"""Notes when the page has words, its board is painted and it is live, in ms."""


class Figures(NamedTuple):
    """Of one visit: times in ms since it began, and the number of requests."""

    words: float
    board: float
    live: float
    requests: int


async def visit(gateway: Gateway, context: BrowserContext, game: str) -> Figures:
    """Open the page of `game` on new connections."""
    await gateway.drop()
    gateway.requests.clear()
    page = await context.new_page()
    await page.add_init_script(MARKS)
    visitor = Visitor(page, gateway.url)
    await page.goto(f"{gateway.url}/games/{game}")
    await visitor.live()
    await visitor.at(4 + len(MOVES))
    await visitor.until("Object.keys(at).length === 3 && Object.values(at).every(isFinite)")
    await page.wait_for_load_state("networkidle")
    at = await page.evaluate("at")
    await page.close()
    return Figures(**at, requests=len(gateway.requests))


async def measure(browser: Browser, url: str) -> tuple[list[Figures], list[Figures]]:
    """First visits to a game's page at the server `url`, and visits after those."""
    first, again = [], []
    async with client(url) as http, Gateway(url, ROUND_TRIP, RATE).listening() as gateway:
        api = Api(url, http)
        for _ in range(RUNS):
            game, yellow, red = await api.start()
            async with api.seated(game, yellow) as ada, api.seated(game, red) as grace:
                for at, column in enumerate(MOVES):
                    await (grace if at % 2 else ada).hear_version(4 + at)
                    await (grace if at % 2 else ada).move(int(column) - 1)
            context = await browser.new_context()
            first.append(await visit(gateway, context, game))
            again.append(await visit(gateway, context, game))
            await context.close()
    return first, again


@contextlib.asynccontextmanager
async def server(folder: Path, data: Path) -> AsyncIterator[str]:
    """The URL of the server in `folder`."""
    with command({"PORT": "0", "DATA_DIR": data}, folder) as process:
        yield await asyncio.to_thread(process.wait_for_address)
        await asyncio.to_thread(process.end)


def line(name: str, figures: list[Figures]) -> str:
    words, board, live, requests = (statistics.median(each) for each in zip(*figures, strict=True))
    return f"{name:<28}{words / 1000:>8.2f} s {board / 1000:>8.2f} s {live / 1000:>8.2f} s {requests:>10.0f}"


async def main() -> None:
    if not (chromium := find_chromium()):
        sys.exit("Chromium was not found; install it, or name it with CHROMIUM=…")
    print(f"{'':<28}{'words':>10} {'board':>10} {'live':>10} {'requests':>10}")
    with tempfile.TemporaryDirectory() as folder:
        before = release.unpack(Path(folder) / "release")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=sandbox)
            for name, code in (("before", before), ("now", release.ROOT)):
                async with server(code, Path(folder) / f"data-{name}") as url:
                    first, again = await measure(browser, url)
                print(
                    line(f"first visit, {name}", first),
                    line(f"another visit, {name}", again),
                    sep="\n",
                    flush=True,
                )
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
