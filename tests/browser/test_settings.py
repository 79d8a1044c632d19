"""Signals that call a player, and the choices of a visitor: colours, language, sound, links."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Sit, Visit
from tests.browser.test_looks import assert_accessible
from tests.browser.visitor import Visitor

LISTEN = """
window.heard = [];
const { start } = OscillatorNode.prototype;
OscillatorNode.prototype.start = function (at) {
    heard.push(this.frequency.value);
    return start.call(this, at);
};
navigator.vibrate = (ms) => heard.push("buzz");
navigator.share = async (what) => heard.push(what);
Object.defineProperty(navigator, "wakeLock", { value: { request: async () => {
    heard.push("awake");
    return Object.assign(new EventTarget(), { release() {
        heard.push("asleep");
        this.dispatchEvent(new Event("release"));
    } });
} } });
"""
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
BARS = """
[...document.querySelectorAll("meta[name=theme-color]")]
    .filter(({ media }) => matchMedia(media).matches)
    .map(({ content }) => content)
"""
"""The colour of the browser's own bars."""


async def test_a_player_who_looks_elsewhere_is_called_when_it_is_their_turn(sit: Sit) -> None:
    async def before(visitor: Visitor) -> None:
        await visitor.page.add_init_script(LISTEN)

    async with sit(before=before, has_touch=True, is_mobile=True) as (ada, grace, _):
        await ada.parts("views/sound", "views/attention")
        await ada.drop(3)
        await ada.at(5)
        await ada.until("['buzz', 'awake'].every((each) => heard.includes(each)) && heard.at(-1) === 150")
        icon = "document.querySelector('link[rel=icon][type*=svg]').href.split('/').at(-1)"
        await ada.page.evaluate(HIDE, True)
        await ada.page.evaluate("heard.length = 0")
        await grace.move(3)
        await ada.at(6)
        await expect(ada.page).to_have_title("● Your turn")
        assert re.fullmatch(r"favicon-turn-\w{12}\.svg", await ada.page.evaluate(icon))
        await expect(ada.page).to_have_title("Your turn – Connect Four")
        await ada.until("heard.length === 3")
        assert await ada.page.evaluate("heard") == ["buzz", 523, 784]
        await ada.page.evaluate(HIDE, False)
        await expect(ada.page).to_have_title("Your turn – Connect Four")
        assert re.fullmatch(r"favicon-\w{12}\.svg", await ada.page.evaluate(icon))
        await ada.page.keyboard.press("m")
        await ada.told("status", "Sound is off.")
        await ada.page.reload()
        await ada.live()
        await ada.at(6)
        await ada.page.evaluate("heard.length = 0")
        await ada.drop(3)
        await ada.at(7)
        await grace.ask("resign")
        await ada.at(8)
        await ada.see("share").click()
        await ada.until("heard.some(({ url }) => url)")
        heard = await ada.page.evaluate("heard")
    assert not any(isinstance(sound, int) for sound in heard), "it was muted"
    [shared] = [each for each in heard if isinstance(each, dict)]
    assert shared["url"] == ada.page.url
    assert re.fullmatch(r"Ada beat Grace\. Grace resigned\. 3 moves in \d:\d\d\.", shared["text"])


async def test_colours_and_language_are_chosen_and_kept(visit: Visit) -> None:
    async with visit(color_scheme="light") as ada:
        await ada.page.goto("/")
        await expect(ada.see("play")).to_have_text("Play")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await ada.page.evaluate(ground)
        await ada.see("open-menu").click()
        await ada.see("theme").select_option("dark")
        assert await ada.page.evaluate(ground) != light
        assert await ada.page.evaluate(BARS) == ["#12161f"]
        await assert_accessible(ada)
        await ada.see("language").select_option("de")
        await expect(ada.page.get_by_role("heading", name="Vier gewinnt")).to_be_visible()
        assert await ada.page.evaluate("document.documentElement.lang") == "de"
        assert await ada.page.evaluate(ground) != light
        await ada.create()
        assert await ada.page.evaluate(BARS) == ["#12161f"]
        await expect(ada.see("status")).to_contain_text("Warten auf Gegner")
        await ada.page.keyboard.press("?")
        await expect(ada.see("menu")).to_contain_text("einen Stein einwerfen")
        await assert_accessible(ada)
        await ada.page.keyboard.press("Escape")
        await expect(ada.see("menu")).to_be_hidden()


async def test_a_page_speaks_the_language_of_the_browser(visit: Visit) -> None:
    async with visit(locale="de-AT") as ada:
        await ada.page.goto("/")
        await expect(ada.page).to_have_title("Vier gewinnt")


async def test_the_link_to_watch_asks_nobody_to_play(visit: Visit) -> None:
    async with visit() as ada, visit() as eve:
        game = await ada.create()
        link = await ada.invitation("watch")
        assert await ada.see("qr").evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
        assert link == f"{ada.url}/games/{game}?watch"
        await eve.page.goto(link)
        await eve.live()
        await eve.at(2)
        await expect(eve.see("join-panel")).to_be_hidden()
        own = await ada.page.context.new_page()
        await own.goto(link)
        await expect(ada.see("spectators")).to_have_attribute("data-count", "2")
