"""`python -m tests.pictures FOLDER`: a picture of every page and state, on every screen. Needs Chromium.

Each is a file `STATE-SCREEN-SCHEME.png`, and for each screen and scheme there is a sheet with all of them.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, get_args

from PIL import Image, ImageDraw
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import find_chromium
from tests.pictures.states import STATES
from tests.pictures.studio import Studio
from tests.support.player import Api, client
from tests.support.serving import command

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "low-phone": {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True},
    "side": {"viewport": {"width": 740, "height": 360}, "is_mobile": True, "has_touch": True},
    "zoom-400": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 2},
    "zoom-200": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    "large-font": {"viewport": {"width": 1280, "height": 800}},
    "forced": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
    "contrast": {"viewport": {"width": 1280, "height": 800}, "contrast": "more"},
}
"""What each is made of, as options of a browser's context."""
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LARGE = ["--blink-settings=defaultFontSize=32"]
"""The default font size of the browser with a large font, twice the usual."""
CALM = 600
"""Time until all that moves on a page has come to rest, in ms."""
THUMB = 420
"""Width of a picture on a sheet, in pixels."""


async def take(browser: Browser, site: Api, name: str, screen: str, folder: Path) -> None:
    """Pictures of one state on one screen, in both schemes."""
    async with Studio(browser, site, SCREENS[screen]) as studio:
        visitor = await STATES[name](studio)
        for scheme in SCHEMES:
            await visitor.page.emulate_media(color_scheme=scheme)
            await visitor.page.wait_for_timeout(CALM)
            await visitor.page.screenshot(
                path=folder / f"{name}-{screen}-{scheme}.png", full_page=screen.startswith(("zoom", "large"))
            )


def sheet(folder: Path, names: Iterable[str], screen: str, scheme: str) -> None:
    """One picture of all states on a screen, side by side."""
    pictures = []
    for name in names:
        picture = Image.open(folder / f"{name}-{screen}-{scheme}.png").convert("RGB")
        pictures.append((name, picture.resize((THUMB, round(picture.height * THUMB / picture.width)))))
    across = min(len(pictures), 4)
    rows = [pictures[at : at + across] for at in range(0, len(pictures), across)]
    heights = [max(picture.height for _, picture in row) + 24 for row in rows]
    whole = Image.new("RGB", (across * (THUMB + 8), sum(heights)), "#8a93a6")
    for number, row in enumerate(rows):
        top = sum(heights[:number])
        for place, (name, picture) in enumerate(row):
            whole.paste(picture, (place * (THUMB + 8), top + 20))
            ImageDraw.Draw(whole).text((place * (THUMB + 8) + 4, top + 4), name, fill="black")
    whole.save(folder / f"sheet-{screen}-{scheme}.png")


async def main(url: str, folder: Path, names: list[str], screens: list[str]) -> None:
    async with async_playwright() as playwright, client(url) as http:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        for screen in screens:
            arguments = sandbox + (LARGE if screen == "large-font" else [])
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
            for name in names:
                try:
                    await take(browser, Api(url, http), name, screen, folder)
                except Exception as error:
                    raise RuntimeError(f"no picture of {name} on {screen}") from error
            await browser.close()
            for scheme in SCHEMES:
                sheet(folder, names, screen, scheme)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--states", nargs="+", choices=STATES, default=list(STATES))
    parser.add_argument("--screens", nargs="+", choices=SCREENS, default=list(SCREENS))
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, command({"PORT": "0", "DATA_DIR": data}) as server:
        os.chmod(data, 0o755)
        asyncio.run(main(server.wait_for_address(), wanted.folder, wanted.states, wanted.screens))
