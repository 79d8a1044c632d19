"""The start page, with and without games that others play."""

from playwright.async_api import expect

from tests.browser.visitor import Visitor, play
from tests.pictures.studio import DRAWN, WON, States, Studio

STATES = States()

LISTED_GAMES = ["", "4", "4453", "44536", WON[:9], DRAWN[:20], DRAWN[:31]]
"""Games that are being played in the lobby, by their moves."""
OPEN_GAMES = ["Grace", "Ḥasan al-Ḥakīm ibn Yūsuf", "李雷", "Mary", "עדה", "W" * 32, "Katherine", "Joan"]
"""Names of those who wait."""


async def _start_page(studio: Studio, play: str, locale: str = "en") -> Visitor:
    """The start page, once its button reads `play`."""
    visitor = await studio.visitor(locale=locale)
    await visitor.page.goto("/")
    await expect(visitor.see("play")).to_have_text(play)
    return visitor


@STATES.add
async def start(studio: Studio) -> Visitor:
    return await _start_page(studio, "Play")


@STATES.add
async def start_rated(studio: Studio) -> Visitor:
    visitor = await start(studio)
    await visitor.see("listed").check(force=True)
    await visitor.see("rated").check(force=True)
    return visitor


@STATES.add
async def start_german(studio: Studio) -> Visitor:
    return await _start_page(studio, "Spielen", locale="de")


@STATES.add
async def start_own_clock(studio: Studio) -> Visitor:
    visitor = await start(studio)
    await visitor.see("clock").select_option("own")
    return visitor


async def in_the_lobby(studio: Studio, *, locale: str = "en") -> Visitor:
    """The start page of somebody with games under way, while others wait and play."""
    site = studio.site
    visitor = await studio.visitor(locale=locale)
    for number, moves in enumerate(("4", "44", "")):
        created = await site.create("yellow", "Ada")
        if number < 2:
            joined = await site.join(created["game"], OPEN_GAMES[number])
            ada = await studio.seated(created["game"], created["token"])
            await play(ada, await studio.seated(created["game"], joined["token"]), moves)
        key = f"connect4.token.{created['game']}.yellow"
        await visitor.page.add_init_script(f"localStorage.setItem('{key}', '{created['token']}')")
    clocks = [None, {"initial": 180, "increment": 2}, {"initial": 600, "increment": 5}]
    for number, name in enumerate(OPEN_GAMES):
        opened = await site.create(("yellow", "red")[number % 2], name, clock=clocks[number % 3], listed=True)
        await studio.seated(opened["game"], opened["token"])
    for number, moves in enumerate(LISTED_GAMES):
        created = await site.create("yellow", OPEN_GAMES[number], clock=clocks[number % 3], listed=True)
        joined = await site.join(created["game"], OPEN_GAMES[-1 - number])
        yellow = await studio.seated(created["game"], created["token"])
        await play(yellow, await studio.seated(created["game"], joined["token"]), moves)
    await visitor.page.goto("/")
    await expect(visitor.see("played-game").nth(len(LISTED_GAMES) - 1)).to_be_visible()
    await expect(visitor.see("open-game").nth(len(OPEN_GAMES) - 1)).to_be_attached()
    await expect(visitor.see("my-game")).to_have_count(3)
    return visitor


@STATES.add
async def start_waiting(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/")
    await visitor.see("play-now").click()
    await expect(visitor.see("waiting")).to_contain_text("so far")
    return visitor


@STATES.add
async def start_one_open_game(studio: Studio) -> Visitor:
    opened = await studio.site.create("yellow", "Grace", clock={"initial": 180, "increment": 2}, listed=True)
    await studio.seated(opened["game"], opened["token"])
    visitor = await studio.visitor()
    await visitor.page.goto("/")
    await expect(visitor.see("open-game")).to_be_visible()
    return visitor


@STATES.add
async def start_full_house(studio: Studio) -> Visitor:
    return await in_the_lobby(studio)


@STATES.add
async def start_full_house_german(studio: Studio) -> Visitor:
    return await in_the_lobby(studio, locale="de")


@STATES.add
async def start_full_house_below(studio: Studio) -> Visitor:
    visitor = await in_the_lobby(studio)
    await visitor.page.locator("#open-title").scroll_into_view_if_needed()
    await visitor.page.evaluate("scrollTo(0, document.getElementById('open-title').offsetTop)")
    return visitor
