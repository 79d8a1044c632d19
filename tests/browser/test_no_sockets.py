"""No WebSocket comes through, or there is no server: the page says so, and shows what it can of the game."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import TimeoutError as NotFound
from playwright.async_api import expect

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Visit
from tests.browser.painted import painted
from tests.browser.test_looks import SCREENS, assert_accessible
from tests.browser.visitor import Visitor, play, told
from tests.support.gateway import Gateway, Sockets
from tests.support.player import Api

PATIENCE = 10_000
"""Time without a connection until the page says why, in ms."""
FRAMES = 200
"""Time for a few frames, in ms."""
EVERY = 5_000
"""Time between two requests for the game by HTTP, in ms."""
BLOCKED = [Sockets.REFUSED, Sockets.CLOSED, Sockets.SWALLOWED]
NOTHING_KNOWN = ("Empty seat", "No move has been made", "0 watching")


@contextlib.asynccontextmanager
async def behind(
    visit: Visit, site: Api, sockets: Sockets, **options: Any
) -> AsyncIterator[tuple[Visitor, Gateway]]:
    """Somebody behind a gateway that treats sockets so, with a clock that the test turns."""
    async with Gateway(site.url).listening() as gateway, visit(base_url=gateway.url, **options) as visitor:
        gateway.sockets = sockets
        visitor.url = gateway.url
        await visitor.page.clock.install()
        visitor.complaints.expect(*REFUSED)
        yield visitor, gateway


async def test_who_gets_no_socket_hears_of_who_was_forgotten_too(visit: Visit, site: Api) -> None:
    ada = (await site.http.post("/api/players", json={"name": "Ada"})).json()
    headers = {"authorization": f"Bearer {ada['secret']}"}
    game = (await site.http.post("/api/games", json={"seat": "yellow"}, headers=headers)).json()["game"]
    async with behind(visit, site, Sockets.CLOSED) as (eve, _):
        await eve.page.goto(f"/games/{game}")
        await eve.page.clock.run_for(PATIENCE)
        await expect(eve.see("player-yellow")).to_contain_text("Ada")
        await site.http.delete("/api/me", headers=headers)
        await eve.page.clock.run_for(EVERY)
        await expect(eve.see("player-yellow")).to_contain_text("Forgotten")


async def stop_clock(visitor: Visitor) -> None:
    """Have the page's clock stand, an hour from now, so that what is there for seconds can be looked at."""
    now = await visitor.page.evaluate("Date.now() / 1000")
    await visitor.page.clock.pause_at(now + 3_600)


async def try_now(visitor: Visitor) -> None:
    """Press "Try now", unless the page is live again by itself."""
    with contextlib.suppress(NotFound):
        await visitor.see("notice").get_by_role("button", name="Try now").click(timeout=2_000)


async def turn_until(visitor: Visitor, words: str) -> None:
    """Turn the clock on until the status has said `words`."""
    while not await visitor.page.evaluate(told("status", words)):
        await visitor.page.clock.run_for(1_000)
        await visitor.page.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")


@pytest.mark.parametrize("sockets", BLOCKED, ids=lambda kind: kind.name.lower())
async def test_who_gets_no_socket_is_told_why_and_watches_the_game_by_http(
    visit: Visit, site: Api, sockets: Sockets
) -> None:
    game, yellow, red = await site.start()
    async with (
        behind(visit, site, sockets) as (eve, gateway),
        site.seated(game, yellow) as ada,
        site.seated(game, red) as grace,
    ):
        await play(ada, grace, "12")
        await stop_clock(eve)
        await eve.page.goto(f"/games/{game}")
        await eve.page.clock.run_for(FRAMES)
        await expect(eve.see("status")).to_contain_text("Fetching the game")
        for words in NOTHING_KNOWN:
            await expect(eve.see("table")).not_to_contain_text(words, use_inner_text=True)
        await expect(eve.see("notice")).to_be_hidden()
        await eve.page.clock.resume()
        await eve.page.clock.run_for(PATIENCE)
        notice = eve.see("notice")
        await expect(notice).to_contain_text("There is no live connection")
        await expect(notice).to_contain_text("A proxy, a VPN or a browser extension")
        await expect(eve.see("player-red")).to_contain_text("Grace")
        await eve.at(6)
        assert await painted(eve.page) == "......./......./......./......./......./YR....."
        await assert_accessible(eve)
        await play(ada, grace, "3", version=6)
        await eve.page.clock.run_for(EVERY)
        await eve.at(7)
        assert await painted(eve.page) == "......./......./......./......./......./YRY...."
        gateway.sockets = Sockets.PASSED
        await try_now(eve)
        await eve.live()
        await expect(notice).to_be_hidden()
        await play(ada, grace, "4", version=7)
        await eve.at(8)


async def test_a_player_without_a_socket_looks_on_and_plays_again_when_there_is_one(
    visit: Visit, site: Api
) -> None:
    created = await site.create("red", "Grace")
    game = created["game"]
    async with (
        behind(visit, site, Sockets.PASSED) as (ada, gateway),
        site.seated(game, created["token"]) as grace,
    ):
        await ada.join(game, "Ada")
        await ada.drop(0)
        await ada.at(5)
        gateway.sockets = Sockets.REFUSED
        await stop_clock(ada)
        await ada.page.reload()
        await ada.page.clock.run_for(FRAMES)
        await ada.at(5)  # as the browser has kept it
        await expect(ada.see("status")).to_contain_text("This is the game as you last saw it")
        await expect(ada.see("go-live")).to_have_text("Latest known")
        await grace.hear_version(5)
        await grace.move(1)
        await ada.page.clock.resume()
        await ada.page.clock.run_for(PATIENCE)
        await ada.at(6)
        await expect(ada.see("status")).to_contain_text("Your turn")
        await expect(ada.see("status")).to_contain_text(
            "Without a live connection you can watch, but not play"
        )
        await expect(ada.see("column-2")).to_be_disabled()
        await expect(ada.see("resign")).to_be_hidden()
        gateway.sockets = Sockets.PASSED
        await try_now(ada)
        await ada.live()
        await ada.drop(2)
        await ada.at(7)
    assert (await site.state(game))["moves"] == "123"


async def test_a_seat_is_not_offered_to_who_could_not_play(visit: Visit, site: Api) -> None:
    game = (await site.create())["game"]
    async with behind(visit, site, Sockets.CLOSED) as (eve, gateway):
        await eve.page.goto(f"/games/{game}")
        await eve.page.clock.run_for(PATIENCE)
        await expect(eve.see("notice")).to_contain_text("There is no live connection")
        await expect(eve.see("player-red")).to_contain_text("Empty seat")
        await expect(eve.see("join-panel")).to_be_hidden()
        gateway.sockets = Sockets.PASSED
        await try_now(eve)
        await expect(eve.see("join-panel")).to_be_visible()
        await expect(eve.see("notice")).to_be_hidden()


async def test_a_server_that_is_gone_cannot_be_reached_and_what_needs_it_says_so(
    visit: Visit, site: Api
) -> None:
    game, yellow, red = await site.start()
    async with behind(visit, site, Sockets.PASSED, **SCREENS["phone"]) as (eve, gateway):
        await eve.open(game)
        await eve.at(4)
        gateway.gone = True
        await gateway.drop()
        await expect(eve.see("connection")).to_have_attribute("data-state", "reconnecting")
        await eve.page.clock.run_for(PATIENCE)
        notice = eve.see("notice")
        await expect(notice).to_contain_text("The server cannot be reached")
        await expect(eve.see("status")).to_contain_text("No connection")
        await expect(eve.see("status")).to_contain_text("This is the game as you last saw it")
        await expect(eve.see("spectators")).to_contain_text("–")
        await expect(eve.see("banner")).to_be_hidden()
        await assert_accessible(eve)
        await eve.see("open-menu").click()
        await eve.page.clock.run_for(1_000)
        await eve.told("status", "on its way")
        await turn_until(eve, "cannot be fetched right now")
        gateway.gone = False
        async with site.seated(game, yellow) as ada, site.seated(game, red) as grace:
            await play(ada, grace, "12")
            await try_now(eve)
            await eve.live()
            await eve.at(6)
            await expect(notice).to_be_hidden()
            await eve.page.clock.run_for(2_000)
            await expect(eve.see("menu")).to_be_visible()
