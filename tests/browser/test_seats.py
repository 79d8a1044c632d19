"""Seats in browsers: nobody is seated unasked, and a player finds the seat again."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import Visitor, play
from tests.support.player import Api


async def test_the_invitation_carries_no_secret_and_seats_nobody_unasked(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create(name="Ada")
        link = await ada.see("invite-link").input_value()
        assert link == f"{site.url}/games/{game}"
        await grace.page.goto(link)
        await expect(grace.see("join")).to_be_visible()
        await expect(grace.page.get_by_text("Ada").first).to_be_visible()
        assert (await site.state(game))["version"] == 2


async def test_a_visitor_who_only_watches_is_not_seated(visit: Visit, site: Api) -> None:
    created = await site.create()
    game = created["game"]
    async with visit() as eve, site.seated(game, created["token"]) as ada:
        await eve.open(game)
        await eve.see("watch").click()
        await expect(eve.see("join")).to_be_hidden()
        await expect(eve.see("spectators")).to_contain_text("1")
        await site.join(game)
        await eve.at(4)
        await eve.see("column-3").click(force=True)
        await ada.move(3)
        await eve.at(5)
    assert (await site.state(game))["moves"] == "4"


async def test_a_visitor_who_comes_when_both_seats_are_taken_watches(visit: Visit, site: Api) -> None:
    game, _, _ = await site.start()
    async with visit() as eve:
        await eve.open(game)
        await eve.at(4)
        await expect(eve.see("join")).to_be_hidden()
        await expect(eve.see("resign")).to_be_hidden()
        await expect(eve.see("spectators")).to_contain_text("1")


async def test_closing_the_tab_and_coming_back_takes_the_seat_again(sit: Sit, site: Api) -> None:
    async with sit() as (ada, _, game):
        await ada.page.close()
        again = Visitor(await ada.page.context.new_page(), site.url)
        await again.open(game)
        await again.at(4)
        await again.drop(2)
        await again.at(5)
        assert again.complaints == []
    assert (await site.state(game))["moves"] == "3"


async def test_a_page_is_the_same_after_a_reload_at_each_stage(visit: Visit) -> None:
    async def reloaded(*visitors: Visitor, version: int) -> None:
        for visitor in visitors:
            await visitor.at(version)
            status = await visitor.see("status").inner_text()
            await visitor.page.reload()
            await visitor.live()
            await visitor.at(version)
            await expect(visitor.see("status")).to_have_text(status, use_inner_text=True)

    async with visit() as ada, visit() as grace:
        game = await ada.create()
        await reloaded(ada, version=2)
        await expect(ada.see("invite-link")).to_be_visible()
        await grace.open(game)
        await reloaded(grace, version=2)
        await expect(grace.see("join")).to_be_visible()
        await grace.see("join").click()
        await grace.at(4)
        await ada.drop(3)
        await reloaded(ada, grace, version=5)
        for _ in range(2):
            await ada.see("resign").click()
        await reloaded(ada, grace, version=6)
        await expect(ada.see("share")).to_be_visible()


async def test_two_tabs_of_one_browser_can_play_each_other(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        game = await ada.create()
        other = Visitor(await ada.page.context.new_page(), site.url)
        await other.join(game, name="Grace")
        await play(ada, other, "12")
        for tab in (ada, other):
            await tab.at(6)
        assert other.complaints == []


async def test_the_token_is_in_no_address_and_not_on_the_page(visit: Visit) -> None:
    async with visit() as ada:
        asked: list[str] = []
        ada.page.on("request", lambda request: asked.append(request.url))
        ada.page.on("websocket", lambda socket: asked.append(socket.url))
        await ada.create()
        token = await ada.token()
        assert any("/ws/games/" in url for url in asked)
        assert token not in "".join(asked)
        assert token not in await ada.page.content()


async def test_a_page_says_that_there_is_no_such_game(visit: Visit) -> None:
    async with visit() as ada:
        for game in ("00000000-0000-0000-0000-000000000000", "nonsense"):
            await ada.page.goto(f"/games/{game}")
            await expect(ada.see("connection")).to_have_attribute("data-state", "gone")
            await expect(
                ada.page.get_by_role("link", name=re.compile("game|start", re.I)).first
            ).to_be_visible()
