"""How a game that is over is shown: who won and how, in how many moves and what time, and nothing moves."""

import re

import pytest
from playwright.async_api import FloatRect, ViewportSize, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, play

SCREENS: list[ViewportSize] = [
    {"width": 360, "height": 640},
    {"width": 320, "height": 640},
    {"width": 740, "height": 360},
    {"width": 1280, "height": 800},
]
LONG = "Wolfeschlegelsteinhausenbergerdo"
"""As long as a name can be, and not to be broken anywhere."""

OUTSIDE = """(status) => {
    const outer = status.getBoundingClientRect();
    const share = status.querySelector("[data-testid=share]").getBoundingClientRect();
    const range = document.createRange();
    return [...status.querySelectorAll("p")].flatMap((line) => {
        range.selectNodeContents(line);
        const inner = line.getBoundingClientRect();
        const words = range.getBoundingClientRect();
        const hidden = getComputedStyle(line).overflow === "hidden";
        const right = hidden ? inner.right : words.right;
        const bottom = hidden ? inner.bottom : words.bottom;
        return right > share.left || bottom > outer.bottom || words.top < outer.top ? [line.innerText] : [];
    });
}"""
"""Which of its lines run into the button or over the edge."""
CUT = """(status) => [...status.querySelectorAll("p")]
    .filter((line) => line.scrollWidth > line.clientWidth || line.scrollHeight > line.clientHeight)
    .map((line) => line.innerText)"""
"""Which of its lines are not shown whole."""


async def test_everybody_sees_how_it_was_won_in_how_many_moves_and_what_time(visit: Visit) -> None:
    async with visit() as ada, visit() as grace, visit() as eve, visit() as late:
        game = await ada.create()
        await grace.join(game)
        await eve.open(game)
        await play(ada, grace, "1122334")
        await eve.at(12)
        await late.open(f"{game}#v11")
        await late.at(11)
        await expect(late.see("share")).to_be_hidden()
        await late.see("go-live").click()
        for visitor, who in {ada: "You won!", grace: "Ada won", eve: "Ada won", late: "Ada won"}.items():
            words = re.compile(rf"\s*{who}\s+Four in a row\.\s+7 moves in \d:\d\d\.\s+Share\s*")
            await expect(visitor.see("status")).to_have_text(words)
            await expect(visitor.see("share")).to_be_visible()
            await expect(visitor.see("new-game")).to_be_visible()
        await eve.see("go-previous").click()
        await expect(eve.see("status")).not_to_contain_text("7 moves in")
        await expect(eve.see("share")).to_be_hidden()


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_a_result_fits_its_place_on_every_screen_however_long_the_names_are(
    visit: Visit, locale: str
) -> None:
    async with visit(locale=locale) as ada, visit(locale=locale) as grace:
        await grace.join(await ada.create(LONG), LONG)
        await ada.at(4)
        places = {ada: [await place(ada, screen) for screen in SCREENS]}
        places[grace] = [await place(grace, screen) for screen in SCREENS]
        for _ in range(2):
            await ada.see("resign").click()
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
    """Where the status is on a screen of this size."""
    await visitor.page.set_viewport_size(screen)
    return await visitor.see("status").bounding_box()


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_a_usual_name_is_shown_whole(visit: Visit, locale: str) -> None:
    async with visit(locale=locale) as ada, visit(locale=locale) as grace:
        await grace.join(await ada.create("Alexandra"))
        await ada.at(4)
        for _ in range(2):
            await ada.see("resign").click()
        await grace.at(5)
        await grace.page.reload()
        for visitor in (ada, grace):
            await visitor.at(5)
            for screen in (SCREENS[0], SCREENS[-1]):
                await visitor.page.set_viewport_size(screen)
                assert await visitor.see("status").evaluate(CUT) == []
