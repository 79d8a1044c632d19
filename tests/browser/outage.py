"""`python -m tests.browser.outage`: a server that is gone for two minutes, and the time until each browser is
live again once it is back.

Firefox waits longer and longer before it asks a host again that did not answer. Exits with 1 where a page
takes longer than it may.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

from playwright.async_api import async_playwright

from tests.browser.complaints import Complaints
from tests.browser.conftest import ARGUMENTS
from tests.browser.either import ChromiumTab, Somebody, Tab
from tests.browser.firefox import FirefoxTab, find_firefox, firefox
from tests.browser.relay import relay
from tests.browser.visitor import find_chromium
from tests.support.player import Api, client
from tests.support.serving import command

GOAL = 8.0
"""Longest time from the server's return until a page is live, in seconds."""
PATIENCE = 90.0
"""Time after which a page is given up, in seconds."""


@contextlib.asynccontextmanager
async def tabs() -> AsyncIterator[dict[str, Tab]]:
    """A tab in each browser that there is."""
    async with contextlib.AsyncExitStack() as stack:
        there: dict[str, Tab] = {}
        if program := find_chromium():
            playwright = await stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(
                executable_path=program, args=[*ARGUMENTS, "--no-sandbox"]
            )
            stack.push_async_callback(browser.close)
            there["chromium"] = ChromiumTab(await browser.new_page(), Complaints())
        if program := find_firefox():
            bidi = await stack.enter_async_context(firefox(program))
            there["firefox"] = await stack.enter_async_context(FirefoxTab.new(bidi))
        yield there


async def until_live(tab: Tab, since: float) -> float:
    """The time until the page is live, in seconds since `since`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await tab.evaluate("document.querySelector('#connection').dataset.state") != "live":
                await asyncio.sleep(0.02)
    return monotonic() - since


async def measure(seconds: float) -> dict[str, float]:
    """The time until the page in each browser is live after an outage of so many `seconds`."""
    with tempfile.TemporaryDirectory() as folder, command({"PORT": "0", "DATA_DIR": folder}) as server:
        url = await asyncio.to_thread(server.wait_for_address)
        async with client(url) as http, relay(url) as away, tabs() as there:
            game = (await Api(url, http).create())["game"]
            for tab in there.values():
                await tab.open(f"{away.url}/games/{game}")
                await Somebody(tab).live()
            async with away.gone():
                await asyncio.sleep(seconds)
            back = monotonic()
            times = await asyncio.gather(*(until_live(tab, back) for tab in there.values()))
            return dict(zip(there, times, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of the outage: 120")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    times = asyncio.run(measure(options.seconds))
    late = sorted(name for name, time in times.items() if time > GOAL)
    for name, time in times.items():
        print(f"{name:<12}live {time:.1f} s after the server's return")
    if options.json:
        options.json.write_text(json.dumps({"times": times, "goal": GOAL, "late": late}))
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
