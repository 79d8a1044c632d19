"""For every visitor: on narrow screens, with large type, without colours, and with a finger."""

import io
import os
from typing import Any

from PIL import Image
from playwright.async_api import ViewportSize, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, TIMEOUT, Sit, Visit
from tests.browser.visitor import Visitor, play
from tests.support.player import Api

SCREENS: list[ViewportSize] = [
    {"width": 1280, "height": 800},
    {"width": 640, "height": 400},  # the same at a zoom of 200 %
    {"width": 320, "height": 256},  # and at 400 %
    {"width": 360, "height": 640},
    {"width": 740, "height": 360},
]
PHONE: dict[str, Any] = {"viewport": SCREENS[3], "is_mobile": True, "has_touch": True}

FAULTS = """async (width) => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const name = ({ tagName, id, className }) => `${tagName} ${id || className}`;
    const targets = [...document.querySelectorAll("a, button, input, select, textarea, summary")];
    const small = targets.filter((target) => {
        const { width, height } = target.getBoundingClientRect();
        const skip = target.matches(".skip:not(:focus)");
        return seen(target) && !skip && Math.min(width, height) < 43.99;
    });
    const ends = ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
        scrollWidth <= clientWidth && scrollHeight <= clientHeight + 1;
    const cut = [...document.querySelectorAll(".name, textarea")].filter((each) => seen(each) && !ends(each));
    const wide = document.documentElement.scrollWidth - width;
    return [
        ...small.map((each) => `small: ${name(each)}`),
        ...cut.map((each) => `cut: ${name(each)}`),
        ...(wide > 0 ? [`${wide} pixels too wide`] : []),
    ];
}"""
"""What is wrong on a screen of this width: targets under 44 pixels, names and links that are cut, and
scrolling sideways."""

STYLE = """(element, properties) => {
    const style = getComputedStyle(element);
    return properties.map((property) => style.getPropertyValue(property)).join(" ");
}"""


FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Resolves when what follows a new size has been done, too."""


async def assert_usable(visitor: Visitor, state: str) -> None:
    """On every screen nothing scrolls sideways, nothing is cut off, and everything can be hit."""
    for screen in SCREENS:
        await visitor.page.set_viewport_size(screen)
        await visitor.page.evaluate(FRAMES)
        faults = await visitor.page.evaluate(FAULTS, screen["width"])
        assert faults == [], f"{state} at {screen['width']} × {screen['height']}"


async def test_every_state_can_be_used_at_every_zoom_and_with_a_finger(visit: Visit, site: Api) -> None:
    async with visit(**PHONE) as ada, visit(locale="de") as eve:
        await ada.page.goto("/")
        await expect(ada.see("play")).to_be_enabled()
        await assert_usable(ada, "start page")
        await ada.see("open-menu").click()
        await expect(ada.see("menu")).to_be_visible()
        await assert_usable(ada, "menu")
        await expect(ada.page.locator("kbd")).to_have_count(0)
        game = await ada.create()
        await ada.invitation()
        await assert_usable(ada, "invitation")
        await eve.open(game)
        await assert_usable(eve, "invited")
        await eve.see("watch").click()
        await assert_usable(eve, "watching who waits")
        async with site.seated(game, (await site.join(game))["token"]) as grace:
            await ada.at(4)
            await assert_usable(ada, "my turn")
            await play(ada, grace, "121")
            await ada.at(7)
            await assert_usable(ada, "their turn")
            await ada.see("open-menu").click()
            await expect(ada.see("menu")).to_be_visible()
            await expect(ada.page.locator("kbd").first).to_be_hidden()
            await assert_usable(ada, "menu of the game")
            await ada.see("close-menu").click()
            await eve.see("go-previous").click()
            await eve.see("tab-events").click()
            await eve.see("events").locator("dl").wait_for()
            await assert_usable(eve, "looking back, with the inspector")
            await play(ada, grace, "2121", version=7)
        await eve.see("go-live").click()
        for visitor, locale in ((ada, "en"), (eve, "de")):
            await visitor.at(12)
            await assert_usable(visitor, f"over, {locale}")
        eve.complaints.expect("status of 404")
        await eve.page.goto("/games/nonsense")
        await eve.page.get_by_role("link").first.wait_for()
        await assert_usable(eve, "no such game")


async def test_all_that_is_read_grows_with_the_browser_s_own_font_size(chromium: str, site: Api) -> None:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    arguments = [*ARGUMENTS, *sandbox, "--blink-settings=defaultFontSize=32"]
    game, _, _ = await site.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments, timeout=TIMEOUT)
        page = await browser.new_page(base_url=site.url, viewport=SCREENS[0])
        page.set_default_timeout(TIMEOUT)
        for address, words in {"/": "#start button", f"/games/{game}": "#status .headline"}.items():
            await page.goto(address)
            await expect(page.locator(words)).not_to_be_empty()
            assert float((await page.locator(words).evaluate(STYLE, ["font-size"]))[:-2]) >= 32
            for screen in (*SCREENS[:2], SCREENS[3]):
                await page.set_viewport_size(screen)
                wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, (address, screen)
        await browser.close()


async def assert_told_apart(visitor: Visitor, one: str, other: str, *properties: str) -> None:
    """Two elements differ in their edge or shape, whatever colours they have."""
    first, second = [
        await visitor.page.locator(each).first.evaluate(STYLE, properties) for each in (one, other)
    ]
    assert first != second, f"{one} looks like {other}: {first}"


async def test_nothing_is_told_by_colour_alone_where_colours_are_forced(sit: Sit, visit: Visit) -> None:
    edge = ("outline-style", "outline-width")
    async with visit(forced_colors="active", color_scheme="dark") as eve:
        await eve.page.goto("/")
        await assert_told_apart(eve, ":checked + .tile", ":not(:checked) + .tile", *edge)
        tick = 'getComputedStyle(document.querySelector(":checked + .tile"), "::after").content'
        assert "✓" in await eve.page.evaluate(tick)
        await eve.create()
        await eve.invitation()
        await eve.see("qr").evaluate("(image) => image.decode()")
        code = Image.open(io.BytesIO(await eve.see("qr").screenshot())).convert("RGB")
        assert {(255, 255, 255), (0, 0, 0)} <= {colour for _, colour in code.getcolors(1 << 16) or ()}
    async with sit(forced_colors="active", viewport=SCREENS[0]) as (ada, grace, _):
        await assert_told_apart(ada, "#player-yellow", "#player-red", *edge)
        await assert_told_apart(ada, "#board", "#player-red", *edge)
        await play(ada, grace, "12")
        await ada.at(6)
        await assert_told_apart(ada, "#tab-moves", "#tab-events", "border-bottom-color")
        last, first = (f"#moves button{which}" for which in ("[aria-current]", ":not([aria-current])"))
        await assert_told_apart(ada, last, first, "border-color")
        live = await ada.see("board").evaluate(STYLE, ["outline-style"])
        await ada.see("go-previous").click()
        await ada.at(5)
        assert await ada.see("board").evaluate(STYLE, ["outline-style"]) != live
        dot = "#player-red .dot"
        there = await ada.page.locator(dot).evaluate(STYLE, ["background-color"])
        await grace.connection.close()
        await expect(ada.see("player-red")).to_contain_text("away")
        assert await ada.page.locator(dot).evaluate(STYLE, ["background-color"]) != there


async def test_who_wants_more_contrast_sees_where_things_end(sit: Sit) -> None:
    async with sit(contrast="more") as (ada, _, _):
        for name in ("player-red", "status", "resign"):
            properties = ("border-top-color", "background-color")
            colour, ground = [await ada.see(name).evaluate(STYLE, [each]) for each in properties]
            assert colour != ground, name
            assert "rgba" not in colour, name
        await assert_told_apart(ada, "#player-yellow", "#player-red", "outline-color")
