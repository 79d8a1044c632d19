"""Looks at what is painted, pixel by pixel: attributes can be right where nothing is to be seen."""

import io

from PIL import Image
from playwright.async_api import Page

CELL, EDGE, WIDTH, RIM = 100, 14, 728, 30
"""Of the board, in its own units. RIM from its middle a disc has its plain colour."""
NEAR = 60
"""Difference of two colours, summed over red, green and blue, up to which they are taken for the same."""
COLOURS = {"Y": (255, 201, 51), "R": (229, 72, 77)}


async def painted(page: Page) -> str:
    """The discs that are seen on the board: its rows from the top, joined by `/`, as in `data-board`."""
    return discs(Image.open(io.BytesIO(await page.locator("#board").screenshot())))


def discs(board: Image.Image) -> str:
    """The discs that are seen on a picture of the board."""
    picture = board.convert("RGB")
    scale = picture.width / WIDTH

    def at(column: int, row: int) -> str:
        x, y = (EDGE + CELL * (column + 0.5), EDGE + CELL * (row + 0.5) + RIM)
        pixel = picture.getpixel((round(x * scale), round(y * scale)))
        assert isinstance(pixel, tuple)
        for letter, colour in COLOURS.items():
            if sum(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < NEAR:
                return letter
        return "."

    return "/".join("".join(at(column, row) for column in range(7)) for row in range(6))
