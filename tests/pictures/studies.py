"""A game that is analysed, and one that is continued from a position."""

from typing import Any

from playwright.async_api import expect

from tests.browser.visitor import Visitor
from tests.pictures.studio import DRAWN, WON, States, Studio

STATES = States()


async def analysed(studio: Studio, moves: str, **options: Any) -> Visitor:
    """The page of a game that is over, which knows its turning point."""
    visitor, _ = await studio.table(moves, **options)
    await visitor.see("analyse").click()
    await expect(visitor.see("turn")).to_have_attribute("aria-disabled", "false", timeout=20_000)
    return visitor


@STATES.add
async def analysis(studio: Studio) -> Visitor:
    return await analysed(studio, DRAWN)


@STATES.add
async def analysis_of_a_move(studio: Studio) -> Visitor:
    visitor = await analysed(studio, DRAWN)
    await visitor.see("marks").locator("[data-kind=lost]").last.click()
    return visitor


@STATES.add
async def analysis_german(studio: Studio) -> Visitor:
    visitor = await analysed(studio, DRAWN, locale="de")
    await visitor.see("turn").click()
    return visitor


@STATES.add
async def analysis_stopped(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON, seat="red")
    await visitor.see("analyse").click()
    await visitor.see("solve").click()
    await visitor.see("go-first").click()
    return visitor


@STATES.add
async def continuing(studio: Studio) -> Visitor:
    visitor = await analysis_of_a_move(studio)
    await visitor.see("from-here").click()
    await expect(visitor.see("fork")).to_be_visible()
    return visitor


@STATES.add
async def continued(studio: Studio) -> Visitor:
    visitor = await continuing(studio)
    parent = visitor.game
    await visitor.see("fork-start").click()
    await visitor.page.wait_for_url(lambda url: parent not in url)
    await expect(visitor.see("lineage")).to_be_visible()
    return visitor


@STATES.add
async def continuing_german(studio: Studio) -> Visitor:
    visitor = await studio.watched(WON[:8], locale="de")
    await visitor.see("go-previous").click()
    await visitor.see("continue").click()
    await expect(visitor.see("fork")).to_be_visible()
    return visitor
