"""`make icons`: makes the icons of other formats from the emblem, static/icons/favicon.svg.

Run it when the emblem or the picture of the board has changed, and commit what it writes. Needs Chromium.
"""

import asyncio
import base64
import io
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from server.game.board import Board, Seat
from server.web.drawing import draw
from server.web.position import Position
from tests.browser.visitor import find_chromium

ICONS = Path(__file__).parents[2] / "static/icons"
PLATE = "#2b58c9"
"""The emblem's own ground."""
WHOLE = {"icon-192.png": 192, "icon-512.png": 512}
"""Icons as they are, by their size in pixels."""
CUT = {"apple-touch-icon.png": (180, 1.0), "icon-maskable-512.png": (512, 0.8)}
"""Icons that a system cuts into its own shape, by their size and the share of it that is sure to stay."""
SMALL = (16, 32, 48)
"""Sizes inside favicon.ico, in pixels."""
MOVES = "4453354622"
"""The game on the start page's picture."""


async def render(svg: str, size: int, share: float | None = None) -> Image.Image:
    """The emblem as an icon of so many pixels; with `share` it is that much of one that its ground fills."""
    inner = round(size * (share or 1))
    source = base64.b64encode(svg.encode()).decode()
    page = f"""<body style="margin:0;display:grid;place-items:center;height:100vh;
        background:{PLATE if share else "transparent"}">
        <img width={inner} height={inner} src="data:image/svg+xml;base64,{source}">"""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        tab = await browser.new_page(viewport={"width": size, "height": size})
        await tab.set_content(page)
        shot = await tab.screenshot(omit_background=not share)
        await browser.close()
    return Image.open(io.BytesIO(shot))


async def make() -> None:
    svg = (ICONS / "favicon.svg").read_text()
    for name, size in WHOLE.items():
        (await render(svg, size)).save(ICONS / name, optimize=True)
    for name, (size, share) in CUT.items():
        (await render(svg, size, share)).convert("RGB").save(ICONS / name, optimize=True)
    small = [await render(svg, size) for size in SMALL]
    small[-1].save(ICONS / "favicon.ico", sizes=[icon.size for icon in small], append_images=small[:-1])
    board = Board()
    for place, column in enumerate(MOVES):
        board = board.drop(list(Seat)[place % 2], int(column) - 1)
    (ICONS / "preview.png").write_bytes(draw(Position(board, (), tuple(Seat))))


if __name__ == "__main__":
    asyncio.run(make())
