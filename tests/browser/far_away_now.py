"""`python -m tests.browser.far_away_now`: *Play now* from far away, where somebody waits, on a later visit.

The way there and back takes 400 ms, and 400 kbit/s fit through. Prints the time from the press until the
game's board is painted, the page is live and the server has answered that the seat is taken. Needs Chromium.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, Page, WebSocket, async_playwright, expect

from tests.browser.far_away import RATE, ROUND_TRIP, RUNS, server
from tests.browser.visitor import Visitor, find_chromium
from tests.support import release
from tests.support.gateway import Gateway
from tests.support.player import PATIENCE, Api, client

PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))"
"""Resolves when what is in the document has been painted."""


def seated(page: Page) -> asyncio.Event:
    """Set as soon as a game's socket of the page is told that it has a seat."""
    told = asyncio.Event()

    def hear(frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "seated" and message["seat"]:
            told.set()

    def watch(socket: WebSocket) -> None:
        if "/ws/games/" in socket.url:
            socket.on("framereceived", hear)

    page.on("websocket", watch)
    return told


async def press(browser: Browser, api: Api, gateway: Gateway) -> float:
    """The time from a press of *Play now*, in seconds."""
    context = await browser.new_context()
    visitor = Visitor(await context.new_page(), gateway.url)
    created = await api.create()
    await visitor.page.goto(f"{gateway.url}/games/{created['game']}")  # a visit before
    await visitor.live()
    await visitor.page.goto(f"{gateway.url}/")
    await expect(visitor.see("counts")).not_to_be_empty()
    waiting = (await api.http.post("/api/matches", json={})).json()
    async with api.seated(waiting["game"], waiting["token"]):
        told = seated(visitor.page)
        began = time.monotonic()
        await visitor.see("play-now").click()
        await visitor.page.wait_for_url("**/games/*")
        await visitor.until("Number(document.querySelector('[data-testid=board]')?.dataset.version) >= 4")
        await visitor.live()
        async with asyncio.timeout(PATIENCE):
            await told.wait()
        await expect(visitor.page.locator(".player .you").locator("visible=true")).to_have_count(1)
        await visitor.page.evaluate(PAINTED)
        took = time.monotonic() - began
    await context.close()
    return took


async def main() -> None:
    if not (chromium := find_chromium()):
        sys.exit("Chromium was not found; install it, or name it with CHROMIUM=…")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            async_playwright() as playwright,
            server(release.ROOT, Path(folder) / "data") as url,
            client(url) as http,
            Gateway(url, ROUND_TRIP, RATE).listening() as gateway,
        ):
            browser = await playwright.chromium.launch(executable_path=chromium, args=sandbox)
            times = [await press(browser, Api(url, http), gateway) for _ in range(RUNS)]
            await browser.close()
    print(f"from the press to the board: median {statistics.median(times):.2f} s, most {max(times):.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
