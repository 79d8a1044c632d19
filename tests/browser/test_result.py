"""The card that says how a game ended: when it comes, what it says, where it is, and how it goes."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
STILL = "(card) => Promise.all(card.getAnimations().map(({ finished }) => finished))"


async def play(yellow: Visitor, red: Visitor, moves: str) -> None:
    for number, column in enumerate(moves):
        mover = red if number % 2 else yellow
        await mover.at(4 + number)
        await mover.drop(int(column) - 1)


async def test_the_card_comes_to_everybody_and_goes_when_it_is_in_the_way(visit: Visit) -> None:
    async with visit(**PHONE) as ada, visit(**PHONE) as grace, visit(**DESKTOP) as eve:
        game = await ada.create()
        await grace.join(game)
        await eve.open(game)
        await play(ada, grace, "1122334")
        for visitor in (ada, grace, eve):
            await expect(visitor.see("result")).to_have_text(
                re.compile(r"\s*Ada beat Grace\s+Four in a row\.\s+Moves7\s+Time\d:\d\d\s+Share\s*")
            )
            assert await visitor.page.evaluate("document.activeElement.dataset.testid") != "share", "taken"
        assert await ada.page.evaluate("document.documentElement.scrollHeight") <= 640
        for name in ("share", "close-result", "toggle-result", "new-game"):
            box = await ada.see(name).bounding_box()
            assert box, name
            assert min(box["width"], box["height"]) >= 44, name

        ways: dict[Visitor, Callable[[], Awaitable[None]]] = {
            ada: ada.see("close-result").click,
            grace: lambda: grace.page.keyboard.press("Escape"),
            eve: eve.see("go-previous").click,
        }
        for visitor, close in ways.items():
            await close()
            await expect(visitor.see("result")).to_be_hidden()
            await expect(visitor.see("toggle-result")).to_have_attribute("aria-expanded", "false")
        await expect(ada.see("toggle-result")).to_be_focused()
        await eve.at(11)
        for visitor in ways:
            await visitor.see("toggle-result").click()
            await expect(visitor.see("result")).to_be_visible()
            await visitor.at(12)


@pytest.mark.parametrize(
    ("moves", "at"), [("1213141", "top"), ("111775372336571727", "bottom")], ids=["low", "high"]
)
async def test_the_card_covers_none_of_the_winning_four(visit: Visit, moves: str, at: str) -> None:
    async with visit(**PHONE) as ada, visit(**PHONE) as grace:
        await grace.join(await ada.create("A" * 32), "G" * 32)
        await play(ada, grace, moves)
        for visitor in (ada, grace):
            await expect(visitor.see("result")).to_have_attribute("data-at", at)
            await visitor.see("result").evaluate(STILL)
            card = await visitor.see("result").bounding_box()
            four = await visitor.page.locator("#board .four").all()
            assert card
            assert len(four) == 4
            for mark in four:
                disc = await mark.bounding_box()
                assert disc
                above = disc["y"] + disc["height"] <= card["y"]
                assert above or disc["y"] >= card["y"] + card["height"]


async def test_a_game_that_is_long_over_says_so_at_once_unless_its_past_is_asked_for(visit: Visit) -> None:
    async with visit() as ada, visit() as grace, visit() as eve, visit() as late:
        game = await ada.create()
        await grace.join(game)
        await play(ada, grace, "44")
        await ada.at(6)
        for _ in range(2):
            await ada.see("resign").click()
        await grace.at(7)
        await eve.open(game)
        await expect(eve.see("result")).to_contain_text("Grace beat Ada")
        await expect(eve.see("result")).to_contain_text("Ada resigned.")
        await late.open(f"{game}#v5")
        await late.at(5)
        await expect(late.see("toggle-result")).to_be_visible()
        await late.page.wait_for_timeout(200)
        await expect(late.see("result")).to_be_hidden()
        await late.see("go-live").click()
        await late.at(7)
        await expect(late.see("result")).to_be_hidden()
