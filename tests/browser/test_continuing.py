"""A game goes on from a position of another one: against the computer, a friend, or oneself."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Sit, Visit
from tests.browser.test_looks import LOOKS, SCREENS, assert_accessible
from tests.browser.visitor import Visitor, play
from tests.support.player import PATIENCE, Api

OVERLOOKED = "41414171"
"""Red wins: with the seventh move yellow could have."""


async def go_on(visitor: Visitor, opponent: str) -> None:
    """Continue from what is looked at, against `opponent`, with the discs that are proposed."""
    parent = visitor.game
    await visitor.see("fork").get_by_test_id(f"opponent-{opponent}").check(force=True)
    await visitor.see("fork-start").click()
    await visitor.page.wait_for_url(lambda url: "/games/" in url and parent not in url)
    await visitor.live()


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_who_lost_sees_where_continues_from_there_and_wins(sit: Sit, screen: str, scheme: str) -> None:
    async with sit(**SCREENS[screen], color_scheme=scheme) as (ada, grace, parent):
        await play(ada, grace, OVERLOOKED)
        await ada.at(13)
        await ada.see("analyse").click()
        await expect(ada.see("panel-analysis")).to_contain_text("Move 7 decided it.")
        await ada.see("turn").click()
        await ada.at(10)
        await expect(ada.page.locator(".verdict")).to_contain_text("Ada wins in 1 move")
        await expect(ada.page.locator(".verdict")).to_contain_text("Column 4 would have won at once.")
        await ada.see("from-here").click()
        await expect(ada.see("fork")).to_contain_text("Yellow is to move.")
        await expect(ada.see("disc-yellow")).to_be_checked()
        await go_on(ada, "bot:medium")
        await ada.at(4)
        assert (await ada.board())[1] == OVERLOOKED[:6]
        await expect(ada.see("player-red")).to_contain_text("Medium")
        lineage = ada.see("lineage")
        await expect(lineage).to_have_text("Continued from move 6 of Ada – Grace")
        await assert_accessible(ada)
        await ada.drop(3)
        await expect(ada.see("status")).to_contain_text("You won!")
        await lineage.get_by_role("link").click()
        await ada.page.wait_for_url(f"**/games/{parent}#v10")
        await ada.at(10)


async def test_one_goes_on_against_the_computer_which_answers(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with site.seated(game, yellow) as ada, site.seated(game, red) as grace, visit() as eve:
        await play(ada, grace, "443")
        await eve.open(game)
        await eve.at(7)
        await eve.see("go-previous").click()
        await eve.see("continue").click()
        await expect(eve.see("disc-yellow")).to_be_checked()
        await go_on(eve, "bot:easy")
        await eve.at(4)
        await eve.drop(0)
        await eve.at(6)
        assert (await eve.board())[1].startswith("441")


async def test_a_friend_is_invited_to_the_position(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with site.seated(game, yellow) as ada, site.seated(game, red) as grace, visit() as eve:
        await play(ada, grace, "443")
        await eve.open(game)
        await eve.see("go-previous").click()
        await eve.see("continue").click()
        await go_on(eve, "friend")
        await expect(eve.see("invite")).to_be_visible()
        assert (await eve.board())[1] == "44"
        await site.join(eve.game)
        await eve.at(4)
        await expect(eve.see("status")).to_contain_text("Your turn")


async def test_one_plays_on_against_oneself_in_two_tabs(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with site.seated(game, yellow) as ada, site.seated(game, red) as grace, visit() as eve:
        await play(ada, grace, "443")
        await eve.open(game)
        await eve.see("go-previous").click()
        await eve.see("continue").click()
        async with eve.page.context.expect_page() as opened:
            await go_on(eve, "self")
        other = Visitor(await opened.value, site.url)
        await eve.at(4)
        await other.at(4)
        await eve.drop(0)
        await other.at(5)
        await other.drop(1)
        await eve.at(6)
        assert (await eve.board())[1] == "4412"
        assert other.complaints == []


async def test_a_listed_game_tells_what_it_was_continued_in(visit: Visit, site: Api) -> None:
    created = (await site.http.post("/api/games", json={"listed": True, "seat": "yellow"})).json()
    game = created["game"]
    red = (await site.join(game))["token"]
    async with site.seated(game, created["token"]) as ada, site.seated(game, red) as grace, visit() as eve:
        await play(ada, grace, OVERLOOKED)
        body = {"version": 10, "name": "Eve", "seat": "yellow", "opponent": "bot:hard"}
        forked = (await site.http.post(f"/api/games/{game}/forks", json=body)).json()
        async with asyncio.timeout(PATIENCE):  # the list is a read model, and may be a little behind
            while not (await site.http.get(f"/api/games/{game}/forks")).json().get("games"):
                await asyncio.sleep(0.05)
        await eve.open(game)
        await eve.see("analyse").click()
        forks = eve.see("forks")
        await expect(forks).to_have_text("Continued from move 6: Eve – Computer.")
        await forks.get_by_role("link").click()
        await eve.page.wait_for_url(f"**/games/{forked['game']}")


async def test_what_does_not_work_is_said_and_can_be_tried_again(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with site.seated(game, yellow) as ada, site.seated(game, red) as grace, visit() as eve:
        await play(ada, grace, "443")
        await eve.open(game)
        await eve.see("go-previous").click()
        eve.complaints.expect(*REFUSED)
        await eve.page.route(
            "**/forks", lambda route: route.fulfill(status=429, json={"code": "rate_limited"})
        )
        await eve.see("continue").click()
        await eve.see("fork-start").click()
        await expect(eve.see("fork-problem")).to_contain_text("That was a little fast.")
        await eve.page.unroute("**/forks")
        await go_on(eve, "bot:hard")
        await eve.at(4)
