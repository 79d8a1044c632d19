"""The tool that takes a picture of every state."""

from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from tests.pictures.__main__ import SCREENS, sheet, take
from tests.support.player import Api


async def test_a_state_is_pictured_in_both_schemes_and_stands_on_a_sheet(
    browser: Browser, site: Api, tmp_path: Path
) -> None:
    await take(browser, site, "their-turn", "phone", tmp_path)
    light, dark = (Image.open(tmp_path / f"their-turn-phone-{scheme}.png") for scheme in ("light", "dark"))
    viewport = SCREENS["phone"]["viewport"]
    assert light.size == dark.size == (viewport["width"], viewport["height"])
    assert light.tobytes() != dark.tobytes()
    sheet(tmp_path, ["their-turn"], "phone", "dark")
    assert (tmp_path / "sheet-phone-dark.png").exists()
