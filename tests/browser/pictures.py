"""`python -m tests.browser.pictures`: takes the pictures in docs/pictures anew. Needs Chromium."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import Visitor, find_chromium, play
from tests.support.serving import command

PICTURES = Path(__file__).parents[2] / "docs/pictures"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "has_touch": True,
    "device_scale_factor": 2,
}
MOVES = "12234334544"
"""Yellow has four in a rising line with the last one."""
GAP = 6
"""Between the screens of the moving picture, in pixels."""
FELL = 500
"""Time until a disc has fallen and a picture can be taken, in ms."""


@contextlib.asynccontextmanager
async def visitors(browser: Browser, url: str, *options: dict[str, Any]) -> AsyncIterator[list[Visitor]]:
    contexts = [await browser.new_context(base_url=url, **each) for each in options]
    yield [Visitor(await context.new_page(), url) for context in contexts]
    for context in contexts:
        await context.close()


async def take(visitor: Visitor, path: Path) -> None:
    await visitor.page.wait_for_timeout(FELL)
    await visitor.page.screenshot(path=path)


async def still(browser: Browser, url: str, scheme: str) -> None:
    """A player's turn and the inspector on a desktop, and on a phone a game that was won."""
    colours = {"color_scheme": scheme}
    desktop, phone = {**DESKTOP, **colours}, {**PHONE, **colours}
    async with visitors(browser, url, phone, desktop, desktop) as (ada, grace, eve):
        game = await ada.create()
        await grace.join(game)
        await eve.open(game)
        await play_on(ada, grace, 0, 7)
        await grace.see("column-4").hover()
        await take(grace, PICTURES / f"playing-{scheme}.png")
        await eve.see("tab-events").click()
        await eve.see("go-previous").click()
        await take(eve, PICTURES / f"looking-back-{scheme}.png")
        await play_on(ada, grace, 7, len(MOVES))
        await take(ada, PICTURES / f"won-{scheme}.png")


async def moving(browser: Browser, url: str, folder: Path) -> None:
    """Two who play and, between them, one who watches; she looks back, and the game goes on."""
    small = {**PHONE, "device_scale_factor": 1}
    async with visitors(browser, url, small, small, small) as (ada, eve, grace):
        game = await ada.create()
        await grace.join(game)
        await eve.open(game)
        await eve.at(4)
        for number in range(len(MOVES) + 1):
            for place, visitor in enumerate((ada, eve, grace)):
                await take(visitor, folder / f"{number:02}-{place}.png")
            if number == 6:
                await eve.see("go-previous").click()
            if number == 9:
                await eve.see("go-live").click()
            await play_on(ada, grace, number, number + 1)


def animate(folder: Path) -> None:
    """Make one picture of those that were taken: three screens side by side, one position after the other."""
    frames = []
    for number in range(len(MOVES) + 1):
        screens = [Image.open(folder / f"{number:02}-{place}.png") for place in range(3)]
        width, height = screens[0].size
        frame = Image.new("RGB", (3 * width + 2 * GAP, height), "#8a93a6")
        for place, screen in enumerate(screens):
            frame.paste(screen, (place * (width + GAP), 0))
        frames.append(frame)
    durations = [900] * len(MOVES) + [3000]
    first, *others = frames
    first.save(PICTURES / "watching.webp", save_all=True, append_images=others, duration=durations, loop=0)


async def play_on(ada: Visitor, grace: Visitor, first: int, last: int) -> None:
    """Have both make the MOVES from `first` to before `last`, and see them."""
    await play(ada, grace, MOVES[first:last], version=4 + first)
    end = 4 + min(last, len(MOVES)) + (last >= len(MOVES))
    await asyncio.gather(ada.at(end), grace.at(end))


async def main(url: str, folder: Path) -> None:
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=sandbox)
        for scheme in ("light", "dark"):
            await still(browser, url, scheme)
        await moving(browser, url, folder)
        await browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, command({"PORT": "0", "DATA_DIR": folder}) as server:
        os.chmod(folder, 0o755)
        asyncio.run(main(server.wait_for_address(), Path(folder)))
        animate(Path(folder))
