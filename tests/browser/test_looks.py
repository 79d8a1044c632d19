"""Every page passes axe, and nothing scrolls on a small phone."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import Visitor, assert_missing, play
from tests.support.player import Api

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 640}, "has_touch": True},
}

LOOKS = [("desktop", "light"), ("phone", "dark")]
"""Each layout and each set of colours once: they do not depend on each other."""


async def assert_accessible(visitor: Visitor) -> None:
    results = await Axe().run(visitor.page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_every_state_of_every_page_passes_axe(
    visit: Visit, site: Api, screen: str, scheme: str
) -> None:
    options = {**SCREENS[screen], "color_scheme": scheme}
    async with visit(**options) as ada, visit(**options) as eve:
        await ada.page.goto("/")
        await expect(ada.see("play")).to_have_text("Play")
        await assert_accessible(ada)
        game = await ada.create()
        await assert_accessible(ada)
        await eve.open(game)
        await assert_accessible(eve)
        await eve.see("watch").click()
        async with site.seated(game, (await site.join(game))["token"]) as grace:
            await play(ada, grace, "121")
            for visitor in (ada, eve):
                await visitor.at(7)
                await assert_accessible(visitor)
            await eve.see("go-previous").click()
            if screen == "phone":
                await eve.see("toggle-log").click()
            await eve.see("tab-events").click()
            await eve.see("events").locator("dl").wait_for()
            await assert_accessible(eve)
            await eve.see("go-live").click()
            await ada.page.keyboard.press("?")
            await expect(ada.see("menu")).to_be_visible()
            await assert_accessible(ada)
            await ada.page.keyboard.press("Escape")
            await expect(ada.see("menu")).to_be_hidden()
            await play(ada, grace, "2121", version=7)
        for visitor in (ada, eve):
            await visitor.at(12)
            await assert_accessible(visitor)
        for path in ("/games/nonsense", "/nowhere"):
            await eve.page.goto(path)
            await eve.page.get_by_role("link").first.wait_for()
            await assert_accessible(eve)
            assert_missing(eve)


async def test_on_a_small_phone_nothing_scrolls_and_buttons_are_44_pixels_high_and_wide(sit: Sit) -> None:
    async with sit(**SCREENS["phone"]) as (ada, _, _):
        await expect(ada.see("resign")).to_be_visible()  # which comes a little later than the board
        size = await ada.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert size[0] <= 360
        assert size[1] <= 640
        steps = ("first", "previous", "play", "next", "last")
        others = ("resign", "toggle-log", "open-menu", "slider", "speed", *(f"go-{step}" for step in steps))
        for name in (*(f"column-{column}" for column in range(7)), *others):
            box = await ada.see(name).bounding_box()
            assert box
            assert box["width"] >= 44, name
            assert box["height"] >= 44, name
