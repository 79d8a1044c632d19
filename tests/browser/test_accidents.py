"""What was meant for something else plays nothing: clicks and keys just after a panel has come or gone."""

from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.support.player import Api


async def middle(place: Locator) -> tuple[float, float]:
    """Where somebody clicks who means it."""
    box = await place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def assert_first_move_is_the_one_that_is_meant(visitor: Visitor, site: Api, game: str) -> None:
    await visitor.at(4)
    await expect(visitor.page.locator("[data-settling]")).to_have_count(0)
    await visitor.drop(0)
    await visitor.at(5)
    assert (await site.state(game))["moves"] == "1"


CALM = """
window.calm = [];
window.closings = [];
addEventListener("close", (event) => {
    if (!event.isTrusted) return;
    event.stopImmediatePropagation();
    closings.push(event.target);
}, { capture: true });
const begin = window.setTimeout;
window.setTimeout = (run, ms, ...more) => {
    if (!String(run).includes("settling")) return begin(run, ms, ...more);
    calm.push(run);
    return 0;
};
"""
"""Has a page stay calm until the test ends that: by the clock a busy machine may be too slow to press.

A dialog's closing is told when the test says so, too: browsers tell it some time after the dialog has gone.
"""


async def calm(visitor: Visitor) -> None:
    await visitor.page.add_init_script(CALM)


async def end_calm(visitor: Visitor) -> None:
    await expect(visitor.page.locator("[data-settling]")).to_have_count(1)
    await visitor.page.evaluate("calm.splice(0).forEach((end) => end())")


async def test_a_second_click_on_taking_the_seat_plays_nothing(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        await calm(grace)
        game = await ada.create(seat="red")
        await grace.open(game)
        place = await middle(grace.see("join"))
        await grace.page.mouse.click(*place)
        await expect(grace.see("join-panel")).to_be_hidden()
        await grace.page.mouse.click(*place)
        await grace.page.mouse.dblclick(*place)
        await end_calm(grace)
        await assert_first_move_is_the_one_that_is_meant(grace, site, game)


async def test_keys_that_are_pressed_again_or_held_on_taking_the_seat_play_nothing(
    visit: Visit, site: Api
) -> None:
    async with visit() as ada, visit() as grace:
        await calm(grace)
        game = await ada.create(seat="red")
        await grace.open(game)
        await grace.see("join").focus()
        await grace.page.keyboard.down("Enter")
        await expect(grace.see("join-panel")).to_be_hidden()
        await grace.page.keyboard.down("Enter")  # it is held: this one is a repeat
        await grace.page.keyboard.up("Enter")
        for key in ("Enter", "Space", "Space"):
            await grace.page.keyboard.press(key)
        await grace.page.keyboard.down("Enter")
        await end_calm(grace)
        await expect(grace.see("column-3")).to_be_focused()
        await grace.page.keyboard.down("Enter")
        await grace.page.keyboard.up("Enter")
        await assert_first_move_is_the_one_that_is_meant(grace, site, game)


async def test_a_click_on_the_invitation_just_after_the_friend_has_come_plays_nothing(
    visit: Visit, site: Api
) -> None:
    async with visit() as ada:
        await calm(ada)
        game = await ada.create()
        place = await middle(ada.see("copy-invite"))
        await site.join(game)
        await expect(ada.see("invite")).to_be_hidden()
        await ada.page.mouse.click(*place)
        await end_calm(ada)
        await assert_first_move_is_the_one_that_is_meant(ada, site, game)


async def test_closing_the_menu_by_a_double_click_beside_it_plays_nothing(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        await calm(ada)
        game = await ada.create()
        await site.join(game)
        await ada.at(4)
        await end_calm(ada)
        place = await middle(ada.see("column-0"))
        await ada.see("open-menu").click()
        await expect(ada.see("menu")).to_be_visible()
        await ada.page.mouse.dblclick(*place)
        await expect(ada.see("menu")).to_be_hidden()
        await ada.page.mouse.dblclick(*place)
        await ada.until("closings.length === 1")
        await ada.page.evaluate("closings.pop().dispatchEvent(new Event('close'))")
        await end_calm(ada)
        await assert_first_move_is_the_one_that_is_meant(ada, site, game)


async def test_the_second_click_of_two_plays_nothing_though_it_is_the_player_s_turn_again(
    visit: Visit, site: Api
) -> None:
    async with visit() as ada:
        game = await ada.create()
        grace = await site.join(game)
        await ada.at(4)
        await ada.drop(2)
        await ada.at(5)
        async with site.seated(game, grace["token"]) as elsewhere:
            assert (await elsewhere.move(2))["type"] == "accepted"
        await ada.at(6)
        await ada.page.mouse.down(click_count=2)
        await ada.page.mouse.up(click_count=2)
        await ada.drop(6)
        await ada.at(7)
    assert (await site.state(game))["moves"] == "337"


async def test_resigning_twice_as_fast_does_not_leave_the_game(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        game = await ada.create()
        await site.join(game)
        await ada.at(4)
        await expect(ada.see("resign")).to_be_visible()
        place = await middle(ada.see("resign"))
        await ada.mean("resign")
        await expect(ada.see("new-game")).to_be_visible()
        await ada.page.mouse.click(*place)
        await expect(ada.page.locator("[data-settling]")).to_have_count(0)
        assert ada.game == game
        await ada.see("new-game").click()
        await expect(ada.see("play")).to_be_visible()
