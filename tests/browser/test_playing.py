"""What a player sees and can do beside a game that just goes well."""

import re

from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import Visit
from tests.browser.painted import painted
from tests.browser.visitor import play
from tests.support.player import Api


async def test_a_whole_game_can_be_played_with_the_keyboard(visit: Visit, site: Api) -> None:
    async with visit(reduced_motion="no-preference") as ada, visit() as grace:
        game = await ada.create()
        await grace.join(game)
        await ada.at(4)
        for number, column in enumerate("1212121"):
            mover = grace if number % 2 else ada
            await mover.at(4 + number)
            await mover.page.keyboard.press(column)
        await grace.at(12)
    assert (await site.state(game))["result"] == "PLAYER_ONE_WON"


async def test_a_move_can_be_made_with_tab_arrows_and_enter_and_is_read_out(visit: Visit) -> None:
    async with visit() as ada, visit() as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        await ada.see("column-0").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            await ada.page.keyboard.press(key)
        await expect(ada.see("column-1")).to_be_focused()
        await expect(ada.page.locator(".ghost")).to_have_count(1)
        await ada.page.keyboard.press("Enter")
        await grace.at(5)
        await ada.at(5)
        assert await ada.page.evaluate("document.getAnimations().length") == 0, "motion was not wanted"
        await expect(grace.see("live")).to_have_text("Yellow, column 2, row 1. Your turn.")
        await expect(ada.see("column-1")).to_have_attribute("aria-label", "Column 2, 1 disc.")
        await grace.page.keyboard.press("b")
        await expect(grace.see("live")).to_have_text("Column 2: Yellow. Your turn.")
        await ada.page.keyboard.press("Tab")
        assert await ada.page.evaluate("document.activeElement.matches(':focus-visible')")


async def test_whose_turn_it_is_is_said_in_words_on_the_page_and_in_its_title(visit: Visit) -> None:
    async with visit() as ada, visit() as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        await expect(ada.see("status")).to_have_text(re.compile("your turn", re.I))
        await expect(ada.page).to_have_title(re.compile("your turn", re.I))
        await expect(grace.see("status")).not_to_have_text(re.compile("your turn", re.I))
        await ada.drop(0)
        await expect(grace.see("status")).to_have_text(re.compile("your turn", re.I))


async def test_a_click_out_of_turn_changes_nothing(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create()
        await grace.join(game)
        await grace.page.keyboard.press("4")
        await ada.drop(3)
        await grace.at(5)
    assert (await site.state(game))["moves"] == "4"


async def test_a_move_that_is_refused_is_taken_back_and_said_to_be_so(visit: Visit, site: Api) -> None:
    """Another tab of the same player was faster, and its event is held back from this one."""
    async with visit(reduced_motion="no-preference") as ada, visit() as grace:
        hold = False

        def route(socket: WebSocketRoute) -> None:
            upstream = socket.connect_to_server()
            upstream.on_message(
                lambda frame: None if hold and '"events"' in str(frame) else socket.send(frame)
            )

        await ada.page.route_web_socket("**/ws/games/**", route)
        game = await ada.create()
        await grace.join(game)
        await ada.at(4)
        hold = True
        async with site.seated(game, await ada.token()) as elsewhere:
            assert (await elsewhere.move(6))["type"] == "accepted"
        await ada.drop(0)
        await expect(ada.see("board")).to_have_attribute("data-pending", "0")
        await expect(ada.page.locator("#board .pending")).to_have_count(0)
        await expect(ada.page.get_by_text(re.compile("moved on|changed|again", re.I)).first).to_be_visible()
        hold = False
        await grace.drop(6)
        await ada.at(6)
        assert (await ada.board())[1] == "77"


async def test_resigning_asks_first(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create()
        await grace.join(game)
        await ada.at(4)
        await ada.see("resign").click()
        await ada.drop(0)
        await ada.at(5)
    assert (await site.state(game))["status"] == "playing"


async def test_the_invitation_goes_when_the_friend_comes(visit: Visit) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create()
        await expect(ada.see("invite-link")).to_be_visible()
        await grace.join(game, name="Grace")
        await expect(ada.see("invite-link")).to_be_hidden()
        await expect(ada.see("player-red")).to_contain_text("Grace")
        await expect(grace.see("player-yellow")).to_contain_text("Ada")


async def test_discs_are_seen_whatever_cannot_be_fetched(visit: Visit) -> None:
    """What is painted, not what attributes say: a page that is there needs nothing but its socket."""
    async with visit() as ada, visit() as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        for visitor in (ada, grace):
            await visitor.page.context.route(re.compile("^http"), lambda route: route.abort())
        await play(ada, grace, "4453")
        for visitor in (ada, grace):
            await visitor.at(8)
            board, _ = await visitor.board()
            await visitor.page.mouse.move(0, 0)  # away from the board, where it shows what it would play
            assert await painted(visitor.page) == board == "......./......./......./......./...R.../..RYY.."
