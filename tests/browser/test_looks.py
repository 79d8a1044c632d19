"""What every page owes everybody: no violation that axe finds, and no scrolling on a small phone."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 640}, "has_touch": True},
}

LOOKS = [("desktop", "light"), ("phone", "dark")]
"""Each layout and each set of colours once: neither changes what the other one is."""


async def assert_accessible(visitor: Visitor) -> None:
    results = await Axe().run(visitor.page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_every_state_of_every_page_passes_axe(visit: Visit, screen: str, scheme: str) -> None:
    options = {**SCREENS[screen], "color_scheme": scheme}
    async with visit(**options) as ada, visit(**options) as grace, visit(**options) as eve:
        await ada.page.goto("/")
        await expect(ada.see("play")).to_have_text("Play")
        await assert_accessible(ada)
        game = await ada.create()
        await assert_accessible(ada)
        await grace.open(game)
        await assert_accessible(grace)
        await grace.join(game)
        await eve.open(game)
        await ada.at(4)
        for number, column in enumerate("1212121"):
            mover = grace if number % 2 else ada
            await mover.at(4 + number)
            if number == 3:
                for visitor in (ada, grace, eve):
                    await assert_accessible(visitor)
                await eve.see("go-previous").click()
                if screen == "phone":
                    await eve.see("toggle-log").click()
                await eve.see("tab-events").click()
                await eve.see("events").locator("dl").wait_for()
                await assert_accessible(eve)
                await eve.see("go-live").click()
                await grace.page.keyboard.press("?")
                await assert_accessible(grace)
                await grace.page.keyboard.press("Escape")
            await mover.drop(int(column) - 1)
        for visitor in (ada, grace, eve):
            await visitor.at(12)
            await assert_accessible(visitor)
        await eve.page.goto("/games/nonsense")
        await eve.page.get_by_role("link").first.wait_for()
        await assert_accessible(eve)


async def test_nothing_scrolls_on_a_small_phone_while_a_game_is_played(visit: Visit) -> None:
    async with visit(**SCREENS["phone"]) as ada, visit(**SCREENS["phone"]) as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        for visitor in (ada, grace):
            size = await visitor.page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert size[0] <= 360
            assert size[1] <= 640


async def test_what_is_pressed_is_44_pixels_high_and_wide(visit: Visit) -> None:
    async with visit(**SCREENS["phone"]) as ada, visit(**SCREENS["phone"]) as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        steps = ("first", "previous", "play", "next", "last")
        others = ("resign", "toggle-log", "open-menu", "slider", "speed", *(f"go-{step}" for step in steps))
        for name in (*(f"column-{column}" for column in range(7)), *others):
            box = await ada.see(name).bounding_box()
            assert box
            assert box["width"] >= 44, name
            assert box["height"] >= 44, name
