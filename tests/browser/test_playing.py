"""Things a player sees and can do while a game is played."""

import asyncio
import re

from playwright.async_api import Route, WebSocketRoute, expect

from tests.browser.conftest import Sit, Visit
from tests.browser.painted import painted
from tests.browser.visitor import Visitor, play
from tests.support.player import PATIENCE, Api

YOUR_TURN = re.compile("your turn", re.I)


MOVED = """
window.moved = new Set();
const { animate } = Element.prototype;
Element.prototype.animate = function (frames, { delay = 0 }) {
    if (delay) moved.add(this);
    return animate.apply(this, arguments);
};
"""
"""Has a page remember what moves after a while, as discs that won do: who is busy looks when all is still."""


async def test_a_whole_game_can_be_played_with_the_keyboard(sit: Sit, site: Api) -> None:
    async def watched(visitor: Visitor) -> None:
        await visitor.page.add_init_script(MOVED)

    async with sit(reduced_motion="no-preference", before=watched) as (ada, grace, game):
        for number in range(4):
            await ada.at(4 + 2 * number)
            await ada.page.keyboard.press("1")
            await grace.hear_version(5 + 2 * number)
            if number < 3:
                await grace.move(1)
        await ada.at(12)
        assert await ada.page.evaluate(
            "[...document.querySelectorAll('.won > .disc')].every(moved.has, moved)"
        )
        await ada.until("document.querySelector('#board').getAnimations({ subtree: true }).length === 0")
    assert (await site.state(game))["result"] == "PLAYER_ONE_WON"


async def test_a_key_that_is_pressed_before_the_page_listens_to_keys_counts_once_it_does(sit: Sit) -> None:
    asked, pressed = asyncio.Event(), asyncio.Event()

    async def after_the_key(route: Route) -> None:
        asked.set()
        async with asyncio.timeout(PATIENCE):
            await pressed.wait()
        await route.continue_()

    async def before(visitor: Visitor) -> None:
        await visitor.page.route("**/static/keys-*.js", after_the_key)

    async with sit(before=before) as (ada, grace, _):
        async with asyncio.timeout(PATIENCE):
            await asked.wait()
        await ada.page.keyboard.press("4")
        pressed.set()
        await grace.hear_version(5)
        await ada.at(5)
        assert (await ada.board())[1] == "4"


async def test_a_move_can_be_made_with_tab_arrows_and_enter_and_moves_are_read_out(sit: Sit) -> None:
    async with sit("red") as (grace, ada, _):
        await ada.move(1)
        await grace.at(5)
        await expect(grace.see("live")).to_contain_text("Yellow, column 2, row 1. Your turn.")
        await grace.page.keyboard.press("b")
        await expect(grace.see("live")).to_contain_text("Column 2: Yellow. Your turn.")
        await grace.see("column-0").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            await grace.page.keyboard.press(key)
        await expect(grace.see("column-1")).to_be_focused()
        await expect(grace.page.locator(".ghost")).to_have_count(1)
        await grace.page.keyboard.press("Enter")
        await grace.at(6)
        assert await grace.page.evaluate("document.getAnimations().length") == 0, "motion was not wanted"
        await expect(grace.see("column-1")).to_have_attribute("aria-label", "Column 2, 2 discs.")
        await grace.page.keyboard.press("Tab")
        assert await grace.page.evaluate("document.activeElement.matches(':focus-visible')")


async def test_the_page_and_its_title_say_in_words_whose_turn_it_is(sit: Sit) -> None:
    async with sit() as (ada, grace, _):
        await expect(ada.see("status")).to_have_text(YOUR_TURN)
        await expect(ada.page).to_have_title(YOUR_TURN)
        await ada.drop(0)
        await ada.at(5)
        await expect(ada.see("status")).not_to_have_text(YOUR_TURN)
        await grace.move(0)
        await ada.at(6)
        await expect(ada.see("status")).to_have_text(YOUR_TURN)


async def test_a_click_out_of_turn_changes_nothing(sit: Sit, site: Api) -> None:
    async with sit("red") as (grace, ada, game):
        await grace.page.keyboard.press("4")
        await ada.move(3)
        await grace.at(5)
    assert (await site.state(game))["moves"] == "4"


async def test_a_move_that_is_refused_is_taken_back_and_the_player_is_told(sit: Sit, site: Api) -> None:
    """Another tab of the same player was faster, and its event is held back from this one."""
    hold = False

    def route(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()
        upstream.on_message(lambda frame: None if hold and '"events"' in str(frame) else socket.send(frame))

    async def before(visitor: Visitor) -> None:
        await visitor.page.route_web_socket("**/ws/games/**", route)

    async with sit(before=before, reduced_motion="no-preference") as (ada, grace, game):
        hold = True
        async with site.seated(game, await ada.token()) as elsewhere:
            assert (await elsewhere.move(6))["type"] == "accepted"
        await ada.drop(0)
        await expect(ada.see("board")).to_have_attribute("data-pending", "0")
        await expect(ada.page.locator("#board .pending")).to_have_count(0)
        await ada.until("[...told.status].some((said) => /moved on|changed|again/i.test(said))")
        hold = False
        await grace.move(6)
        await ada.at(6)
        assert (await ada.board())[1] == "77"


async def test_resigning_asks_first(sit: Sit, site: Api) -> None:
    async with sit() as (ada, _, game):
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


IN_NETWORK = """
new MutationObserver((_, observer) => {
    const reach = document.querySelector('meta[name="reach"]');
    if (!reach) return;
    observer.disconnect();
    [reach.name, reach.content] = ["network", "http://192.168.1.5:8000/"];
}).observe(document, { childList: true, subtree: true });
"""
"""Makes the page as a server sends it that listens for the network, too: here it only listens at loopback."""


async def test_an_invitation_says_where_it_works_and_has_the_address_that_others_can_reach(
    visit: Visit,
) -> None:
    async with visit() as ada:
        game = await ada.create()
        await expect(ada.see("reach")).to_contain_text("HOST=0.0.0.0 make run")
        await expect(ada.see("invite-link")).to_have_value(f"{ada.url}/games/{game}")
        await ada.page.add_init_script(IN_NETWORK)
        await ada.open(game)
        await expect(ada.see("invite-link")).to_have_value(f"http://192.168.1.5:8000/games/{game}")
        await expect(ada.see("reach")).to_be_hidden()
        await expect(ada.see("qr")).to_be_visible()


async def test_discs_are_seen_whatever_cannot_be_fetched(visit: Visit) -> None:
    """What is painted, not what attributes say: a page that is there needs nothing but its socket."""
    async with visit() as ada, visit() as grace:
        await grace.join(await ada.create())
        await ada.at(4)
        for visitor in (ada, grace):
            await visitor.parts("views/actions", "views/keys", "views/log", "views/sound", "browser/timings")
            await visitor.page.context.route(re.compile("^http"), lambda route: route.abort())
        await play(ada, grace, "4453")
        for visitor in (ada, grace):
            await visitor.at(8)
            board, _ = await visitor.board()
            await visitor.page.mouse.move(0, 0)  # away from the board, where it shows what it would play
            assert await painted(visitor.page) == board == "......./......./......./......./...R.../..RYY.."
