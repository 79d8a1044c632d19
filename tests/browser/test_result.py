"""The result of a game that is over: it is shown whole on every screen, and nothing moves to make room."""

import re

import pytest
from playwright.async_api import FloatRect, ViewportSize, expect

from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import Visitor, play

SCREENS: list[ViewportSize] = [
    {"width": 360, "height": 640},
    {"width": 320, "height": 640},
    {"width": 740, "height": 360},
    {"width": 1280, "height": 800},
]
LONG = "Wolfeschlegelsteinhausenbergerdo"
"""A name of the greatest length, with no place to break it."""

OUTSIDE = """(status) => {
    const outer = status.getBoundingClientRect();
    return [...status.querySelectorAll(".headline, .aside")].flatMap((part) => {
        const inner = part.getBoundingClientRect();
        const outside = inner.right > outer.right || inner.bottom > outer.bottom || inner.top < outer.top;
        return outside ? [part.innerText] : [];
    });
}"""
"""Returns its parts that run over the edge."""
CUT = """(status) => [...status.querySelectorAll(".headline, .aside")]
    .filter((line) => line.scrollWidth > line.clientWidth || line.scrollHeight > line.clientHeight)
    .map((line) => line.innerText)"""
"""Returns its parts that are cut off."""


async def test_everybody_sees_who_won_and_how_in_how_many_moves_and_what_time(sit: Sit, visit: Visit) -> None:
    async with sit() as (ada, grace, game), visit() as late:
        await play(ada, grace, "1122334")
        await ada.at(12)
        await late.open(f"{game}#v11")
        await late.at(11)
        await expect(late.see("share")).to_be_hidden()
        await late.see("go-live").click()
        for visitor, who in {ada: "You won!", late: "Ada won"}.items():
            words = re.compile(rf"\s*{who}\s+Four in a row\.\s+7 moves in \d:\d\d\.\s*")
            await expect(visitor.see("status")).to_have_text(words)
            await expect(visitor.see("share")).to_be_visible()
            await expect(visitor.see("new-game")).to_be_visible()
        await expect(ada.page.locator(".line")).to_have_count(2)  # and its edge
        size = "(line) => parseFloat(getComputedStyle(line).fontSize)"
        largest = await late.page.locator(".headline").evaluate(size)
        await late.see("go-previous").click()
        await late.at(11)
        assert await late.page.locator(".headline").evaluate(size) < largest
        await expect(late.page.locator(".line")).to_have_count(0)
        await expect(late.see("status")).not_to_contain_text("7 moves in")
        await expect(late.see("share")).to_be_hidden()


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_a_result_fits_its_place_on_every_screen_however_long_the_names_are(
    sit: Sit, visit: Visit, locale: str
) -> None:
    async with sit(name=LONG, opponent=LONG, locale=locale) as (ada, _, game), visit(locale=locale) as eve:
        await eve.open(game)
        await eve.at(4)
        await expect(ada.see("resign")).to_be_visible()
        places = {visitor: [await place(visitor, screen) for screen in SCREENS] for visitor in (ada, eve)}
        await ada.mean("resign")
        for visitor, before in places.items():
            await visitor.at(5)
            await expect(visitor.see("share")).to_be_visible()
            for screen, box in zip(SCREENS, before, strict=True):
                assert await place(visitor, screen) == pytest.approx(box, abs=1)
                assert await visitor.see("status").evaluate(OUTSIDE) == []
                assert await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
                for name in ("share", "new-game"):
                    button = await visitor.see(name).bounding_box()
                    assert button
                    assert min(button["width"], button["height"]) >= 44


async def place(visitor: Visitor, screen: ViewportSize) -> FloatRect | None:
    """The place of the status on a screen of this size."""
    await visitor.page.set_viewport_size(screen)
    return await visitor.see("status").bounding_box()


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_a_usual_name_is_shown_whole(sit: Sit, locale: str) -> None:
    async with sit(opponent="Alexandra", locale=locale) as (ada, alexandra, _):
        await alexandra.ask("resign")
        await ada.at(5)
        for screen in (SCREENS[0], SCREENS[-1]):
            await ada.page.set_viewport_size(screen)
            assert await ada.see("status").evaluate(CUT) == []
