"""Seats in browsers: nobody is seated unasked, and a player finds the seat again."""

import pytest
from playwright.async_api import Route, WebSocketRoute, expect

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Sit, Visit
from tests.browser.test_looks import assert_accessible
from tests.browser.visitor import Visitor, assert_missing, play, told
from tests.support.player import Api


async def test_the_invitation_carries_no_secret_and_seats_nobody_unasked(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create(name="Ada")
        link = await ada.invitation()
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
        await ada.mean("resign")
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


@pytest.mark.parametrize("how", ["the link", "a copy of the tab"])
async def test_a_second_tab_is_told_of_the_first_and_can_take_the_game_over(
    visit: Visit, site: Api, how: str
) -> None:
    async with visit() as ada:
        game = await ada.create()
        grace = await site.join(game)
        await ada.at(4)
        if how == "the link":
            other = Visitor(await ada.page.context.new_page(), site.url)
            await other.open(game)
        else:
            async with ada.page.context.expect_page() as opened:
                await ada.page.evaluate("window.open(location.href)")  # with all that the tab remembers
            other = Visitor(await opened.value, site.url)
            await ada.told("banner", "open in another tab")
        await other.at(4)
        await expect(other.see("notice")).to_contain_text("You play this game in another tab.")
        await expect(other.see("board")).to_have_attribute("data-mine", "false")
        await assert_accessible(other)
        await ada.drop(0)
        await other.at(5)
        await other.see("notice").get_by_role("button", name="Play here").click()
        await expect(other.see("notice")).to_be_hidden()
        await expect(ada.see("notice")).to_contain_text("You play this game in another tab.")
        async with site.seated(game, grace["token"]) as elsewhere:
            assert (await elsewhere.move(0))["type"] == "accepted"
        await other.at(6)
        await other.drop(1)
        await ada.at(7)
        for tab, mark in ((ada, "notice"), (other, "resign")):  # each stays what it is
            await tab.page.reload()
            await tab.at(7)
            await expect(tab.see(mark)).to_be_visible()
        await expect(ada.see("notice")).to_be_visible()
        assert other.complaints == []


async def test_the_secrets_are_in_no_address_and_not_on_the_page(visit: Visit) -> None:
    async with visit() as ada:
        asked: list[str] = []
        ada.page.on("request", lambda request: asked.append(request.url))
        ada.page.on("websocket", lambda socket: asked.append(socket.url))
        await ada.create()
        token = await ada.token()
        assert any("/ws/games/" in url for url in asked)
        player = await ada.page.evaluate("JSON.parse(localStorage.getItem('connect4.player')).secret")
        for secret in (token, player):
            assert secret not in "".join(asked)
            assert secret not in await ada.page.content()


async def test_a_page_says_that_there_is_no_such_game(visit: Visit) -> None:
    async with visit() as ada:
        for game in ("00000000-0000-0000-0000-000000000000", "nonsense"):
            await ada.page.goto(f"/games/{game}")
            await expect(ada.page).to_have_title("There is no such game")
            await expect(ada.see("lost")).to_contain_text("There is no such game")
            assert_missing(ada)
        await ada.page.get_by_role("link", name="Start a new game").click()
        await expect(ada.see("play")).to_be_enabled()


async def test_a_page_whose_game_is_gone_says_so(visit: Visit, site: Api) -> None:
    """As after the database went back to before the game."""

    async def gone(socket: WebSocketRoute) -> None:
        await socket.close(code=4404)

    async with visit() as ada:
        await ada.page.route_web_socket("**/ws/games/**", gone)
        await ada.page.goto(f"/games/{(await site.create())['game']}")
        await expect(ada.see("connection")).to_have_attribute("data-state", "gone")
        await expect(ada.see("no-game").get_by_role("link")).to_be_visible()


BLOCK = """
for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { get() { throw new DOMException("Denied.", "SecurityError"); } });
}
window.BroadcastChannel = class { constructor() { throw new DOMException("Denied.", "SecurityError"); } };
"""
FILL = """
for (const storage of [localStorage, sessionStorage]) {
    for (let size = 1 << 22; size; size >>= 1) {
        try { for (let n = 0; n < 8; n++) storage.setItem(`filler ${size} ${n}`, "x".repeat(size)); } catch {}
    }
}
"""


async def test_who_types_a_name_goes_on_typing_whatever_happens_meanwhile(visit: Visit, site: Api) -> None:
    game = (await site.create())["game"]
    async with visit() as grace:
        await grace.open(game)
        await grace.see("join-name").focus()
        await grace.page.keyboard.type("Gra")
        async with site.connect(game):  # whom the page counts among those who watch
            await expect(grace.see("spectators")).to_contain_text("2")
            await grace.page.keyboard.type("ce")
            await expect(grace.see("join-name")).to_have_value("Grace")


@pytest.mark.parametrize("trouble", [BLOCK, FILL], ids=["blocked", "full"])
async def test_who_creates_or_joins_is_seated_whatever_the_browser_keeps(
    visit: Visit, site: Api, trouble: str
) -> None:
    async with visit() as ada, visit() as grace:
        for visitor in (ada, grace):
            await visitor.page.add_init_script(trouble)
        game = await ada.create()
        await expect(ada.see("invite-link")).to_be_visible()
        await ada.told("status", "This browser keeps nothing")
        await ada.page.reload()
        await expect(ada.see("invite-link")).to_be_visible()
        await grace.join(game)
        await grace.told("status", "This browser keeps nothing")
        for visitor in (ada, grace):
            await visitor.page.reload()
            await visitor.live()
            await visitor.at(4)
            assert not await visitor.page.evaluate(told("status", "This browser keeps nothing"))
        await play(ada, grace, "12")
        await ada.at(6)
        assert "token" not in ada.page.url + grace.page.url
    assert (await site.state(game))["moves"] == "12"


async def test_an_answer_that_was_lost_is_asked_for_again_and_changes_nothing_twice(
    visit: Visit, site: Api
) -> None:
    asked: list[str] = []

    async def lose(route: Route) -> None:
        """The server does what it was asked to, and its first answer is lost."""
        asked.append(route.request.post_data or "")
        await (route.abort() if await route.fetch() and len(asked) % 2 else route.continue_())

    async with visit() as ada, visit() as grace:
        for visitor in (ada, grace):
            visitor.complaints.expect(*REFUSED)
            await visitor.page.route("**/api/games**", lose)
        game = await ada.create()
        await expect(ada.see("invite-link")).to_be_visible()
        await grace.join(game)
        await play(ada, grace, "12")
        assert asked[0] == asked[1]
        assert asked[2] == asked[3]


async def test_a_seat_whose_answer_was_lost_is_taken_after_a_reload(visit: Visit, site: Api) -> None:
    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with visit() as grace:
        game = (await site.create())["game"]
        grace.complaints.expect(*REFUSED)
        await grace.page.route("**/api/games/*/players", lose)
        await grace.open(game)
        await grace.see("join").click()
        await grace.at(4)
        await grace.page.unroute("**/api/games/*/players")
        await grace.page.reload()
        await expect(grace.see("player-red")).to_contain_text("you")
        await expect(grace.see("resign")).to_be_visible()
