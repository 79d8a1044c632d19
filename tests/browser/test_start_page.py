"""The start page: small, still while it fills, and nothing moves under a finger."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_figures import LOADED, OBSERVE
from tests.browser.test_for_everybody import assert_usable
from tests.browser.test_looks import LOOKS, SCREENS, assert_accessible
from tests.browser.test_players import become
from tests.browser.visitor import Visitor, play
from tests.integration.test_lobby import watching
from tests.support.player import Api, Json

JAVASCRIPT = 40 * 1024
"""Most bytes of JavaScript that are loaded for the start page, before compression."""


async def open_game(site: Api, name: str | None = None) -> Json:
    """A game that is open to anybody, of somebody whose name nobody else has."""
    name = name or f"Ada {uuid4().hex[:8]}"
    return {**await site.create("yellow", name, listed=True), "name": name}


def row(visitor: Visitor, opened: Json) -> Locator:
    """The place of an open game."""
    return visitor.see("open-game").filter(has_text=opened["name"])


@pytest.mark.parametrize("width", [360, 1280], ids=["phone", "desktop"])
async def test_the_start_page_is_small_and_nothing_jumps_while_it_fills(
    visit: Visit, site: Api, width: int
) -> None:
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "reduced_motion": "no-preference",
    }
    opened, played = await open_game(site), await open_game(site)
    joined = await site.join(played["game"])
    async with (
        visit(**options) as eve,
        site.seated(opened["game"], opened["token"]),
        site.seated(played["game"], played["token"]) as ada,
        site.seated(played["game"], joined["token"]) as grace,
    ):
        await eve.page.add_init_script(OBSERVE)
        own = await site.create()
        kept = f"localStorage.setItem('connect4.token.{own['game']}.yellow', '{own['token']}')"
        await eve.page.add_init_script(kept)
        await eve.page.goto("/")
        await expect(row(eve, opened)).to_be_visible()
        await expect(eve.see("my-game")).to_be_visible()
        board = eve.page.locator(f'[data-game="{played["game"]}"]')
        await expect(board).to_be_visible()
        await play(ada, grace, "4433")
        await expect(board).to_have_attribute("data-moves", "4433")
        await eve.page.wait_for_load_state("networkidle")
        loaded = await eve.page.evaluate(LOADED)
        seen = await eve.page.evaluate("seen")
    assert 0 < sum(size for of, size in loaded if of == "js") <= JAVASCRIPT
    assert sum(shift for shift, *_ in seen["shift"]) < 0.01, seen["shift"]


async def test_what_a_finger_is_about_to_press_stays_where_it_is(visit: Visit, site: Api) -> None:
    async with watching(site) as lobby:  # a game of a test before that went now would leave a place, too
        await lobby.until(lambda: all(entry["status"] != "waiting" for entry in lobby.games.values()))
    first, second = await open_game(site), await open_game(site)
    async with site.seated(second["game"], second["token"]), visit() as eve:
        async with site.seated(first["game"], first["token"]):
            await eve.page.goto("/")
            await expect(row(eve, first)).to_be_visible()
            await expect(row(eve, second)).to_be_visible()
            place, before = await row(eve, first).bounding_box(), await row(eve, second).bounding_box()
            await site.join(first["game"])
            await expect(row(eve, first)).to_have_attribute("data-gone", "true")
            assert await row(eve, second).bounding_box() == before
        third = await open_game(site)
        async with site.seated(third["game"], third["token"]):
            await expect(row(eve, third)).to_be_visible()
            assert await row(eve, third).bounding_box() == place, "it has the place that became free"
            assert await row(eve, second).bounding_box() == before


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_the_lobby_passes_axe_fits_every_screen_and_is_used_with_the_keyboard(
    visit: Visit, site: Api, screen: str, scheme: str
) -> None:
    opened, played = await open_game(site, "W" * 32), await open_game(site, "<b>Ada</b> \u202eevil")
    joined = await site.join(played["game"], "X" * 32)
    async with (
        visit(**SCREENS[screen], color_scheme=scheme, locale="de" if screen == "phone" else "en") as eve,
        site.seated(opened["game"], opened["token"]) as waiting,
        site.seated(played["game"], played["token"]) as ada,
        site.seated(played["game"], joined["token"]) as grace,
    ):
        await play(ada, grace, "44")
        await eve.page.goto("/")
        await expect(row(eve, opened)).to_be_visible()
        board = eve.page.locator(f'[data-game="{played["game"]}"]')
        await expect(board).to_have_attribute("data-moves", "44")
        assert await eve.page.locator("main b", has_text="evil").count() == 0, "a name is never markup"
        await assert_accessible(eve)
        await assert_usable(eve, "the lobby")
        await eve.page.set_viewport_size(SCREENS[screen]["viewport"])
        await row(eve, opened).get_by_role("button").focus()
        await eve.page.keyboard.press("Enter")
        await eve.page.wait_for_url("**/games/*")
        await waiting.hear_version(4)


async def test_names_that_are_forgotten_go_from_the_open_page(visit: Visit, site: Api) -> None:
    """One is in the lobby; the other is an opponent in a game that is not listed."""
    players = [await become(site, f"Zoë {uuid4().hex[:8]}") for _ in range(2)]
    bearers = [{"authorization": f"Bearer {player['secret']}"} for player in players]
    opened = (await site.http.post("/api/games", json={"listed": True}, headers=bearers[0])).json()
    own = await site.create("yellow")
    await site.http.post(f"/api/games/{own['game']}/players", json={}, headers=bearers[1])
    async with site.seated(opened["game"], opened["token"]), visit() as eve:
        kept = f"localStorage.setItem('connect4.token.{own['game']}.yellow', '{own['token']}')"
        await eve.page.add_init_script(kept)
        await eve.page.goto("/")
        await expect(row(eve, {"name": players[0]["name"]})).to_be_visible()
        await expect(eve.see("my-game")).to_contain_text(players[1]["name"])
        for headers in bearers:
            assert (await site.http.delete("/api/me", headers=headers)).status_code == 204
        await expect(eve.see("my-game")).to_contain_text("Forgotten")
        await expect(eve.page.locator("main")).not_to_contain_text("Zoë")


async def test_waiting_passes_axe_and_can_be_cancelled_by_keyboard(visit: Visit) -> None:
    async with visit() as ada:
        await ada.page.goto("/log")
        await ada.page.evaluate(
            """localStorage.setItem("connect4.clock", '{"initial": 77, "increment": 7}')"""
        )
        await ada.page.goto("/")
        await ada.see("play-now").focus()
        await ada.page.keyboard.press("Enter")
        await expect(ada.see("waiting")).to_contain_text("so far")
        await expect(ada.see("cancel")).to_be_focused()
        await assert_accessible(ada)
        await assert_usable(ada, "waiting")
        await ada.page.keyboard.press("Enter")
        await expect(ada.see("play-now")).to_be_focused()
