"""Clocks and manners on the page: flags, draws, takebacks, rematches, and who stays away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit, Table, Visit
from tests.browser.test_for_everybody import assert_usable
from tests.browser.test_looks import assert_accessible
from tests.browser.test_settings import LISTEN
from tests.browser.visitor import LOW_CLOCK, Visitor, play
from tests.support.player import PATIENCE, Api

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
LOW = 880
"""The pitch of the three notes that say that one's time is low, in Hz."""


@contextlib.asynccontextmanager
async def timed(
    visit: Visit,
    site: Api,
    initial: int,
    increment: int = 0,
    before: Callable[[Visitor], Awaitable[None]] | None = None,
    **options: Any,
) -> AsyncIterator[Table]:
    """A page at the yellow seat, its opponent, and their game with a clock. `before` is called with the page
    before it is opened."""
    clock = {"initial": initial, "increment": increment}
    created = await site.create("red", "Grace", clock=clock)
    game = created["game"]
    async with visit(**options) as ada, site.seated(game, created["token"]) as grace:
        if before:
            await before(ada)
        await ada.join(game, "Ada")
        await grace.hear_version(4)
        yield Table(ada, grace, game)


def figures(visitor: Visitor, seat: str) -> Any:
    return visitor.see(f"player-{seat}").locator(".figures")


async def press(visitor: Visitor, name: str, how: str) -> None:
    """Press a button with the mouse, a finger or the keyboard."""
    button = visitor.see(name)
    await expect(button).to_be_visible()
    await expect(button).not_to_have_attribute("aria-disabled", "true")
    await expect(visitor.page.locator("[data-settling]")).to_have_count(0)
    if how == "keys":
        await button.focus()
        await button.press("Enter")
    elif how == "finger":
        await button.tap()
    else:
        await button.click()


async def test_a_clock_is_chosen_at_the_start_and_remembered(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        await ada.page.goto("/")
        await expect(ada.see("initial")).to_be_hidden()
        await ada.see("clock").select_option("own")
        await ada.see("initial").fill("9")
        await ada.see("play").click()
        await ada.until("document.activeElement.id === 'initial' && !document.activeElement.checkValidity()")
        await ada.see("initial").fill("90")
        await ada.see("increment").fill("3")
        await ada.see("play").click()
        await ada.page.wait_for_url("**/games/*")
        clock = (await site.state(ada.game))["clock"]
        assert (clock["initial"], clock["increment"]) == (90, 3)
        await expect(figures(ada, "red")).to_have_text("1:30")
        await ada.page.goto("/")
        await expect(ada.see("initial")).to_have_value("90")
        await ada.see("clock").select_option("3 min + 2 s a move")
        await expect(ada.see("initial")).to_be_hidden()


async def test_a_flag_is_seen_by_both_and_by_who_watches(visit: Visit, site: Api) -> None:
    async def listened_to(visitor: Visitor) -> None:
        await visitor.page.add_init_script(LISTEN)

    async with timed(visit, site, 10, before=listened_to) as (ada, grace, game), visit(locale="de") as eve:
        await eve.open(game)
        await expect(ada.see("status")).to_contain_text("First move within")
        await ada.parts("views/sound")
        await play(ada, grace, "44")
        await ada.at(6)
        for visitor in (ada, eve):
            await visitor.until(LOW_CLOCK)
        await ada.until(f"heard.filter((pitch) => pitch === {LOW}).length === 3")
        await expect(ada.see("status")).to_contain_text("Grace won")
        assert (await ada.page.evaluate("heard")).count(LOW) == 3, "once is enough"
        await expect(ada.see("live")).to_contain_text("You ran out of time.")
        await expect(eve.see("status")).to_contain_text("Zeit abgelaufen: Ada.")
        await grace.hear_version(7)
        for visitor in (ada, eve):
            assert await figures(visitor, "yellow").inner_text() == "0.0"
            assert await figures(visitor, "red").inner_text() == "0:10"


@pytest.mark.parametrize("how", ["mouse", "keys", "finger"])
async def test_a_game_with_draws_and_takebacks_offered_declined_and_agreed_to(sit: Sit, how: str) -> None:
    options = PHONE if how == "finger" else {}
    async with sit(**options) as (ada, grace, _):
        await expect(ada.see("offer-draw")).to_be_hidden()
        await expect(ada.see("offer-takeback")).to_have_attribute("aria-disabled", "true")
        await play(ada, grace, "4")
        await press(ada, "offer-takeback", how)  # it is the other's turn: our move goes
        await grace.hear_version(6)
        assert (await grace.ask("accept_takeback", offer=6))["type"] == "accepted"
        await ada.at(7)
        assert (await ada.board())[1] == ""
        await ada.drop(0)
        await grace.hear_version(8)
        await grace.move(1)
        await ada.at(9)
        await press(ada, "offer-draw", how)
        await grace.hear_version(10)
        await expect(ada.see("offer-draw")).to_have_text("Draw offered")
        assert (await grace.ask("decline_draw", offer=10))["type"] == "accepted"
        await expect(ada.see("live")).to_contain_text("Grace declines the draw.")
        await expect(ada.see("offer-draw")).to_have_attribute("aria-disabled", "true")  # for six plies
        await press(ada, "offer-takeback", how)  # it is our turn: the answer to our move goes, too
        await grace.hear_version(12)
        assert (await grace.ask("decline_takeback", offer=12))["type"] == "accepted"
        await expect(ada.see("live")).to_contain_text("Grace lets no move be taken back.")
        await press(ada, "offer-takeback", "keys")  # a second click at once would be half of a double one
        await ada.told("status", "You were refused a moment ago.")
        assert (await grace.ask("offer_takeback"))["type"] == "accepted"
        await expect(ada.see("status")).to_contain_text("Grace asks to take a move back.")
        await press(ada, "accept", how)
        await ada.at(15)
        assert (await ada.board())[1] == "1"
        assert (await grace.ask("offer_draw"))["type"] == "rejected"  # before both have moved
        await grace.move(2)
        assert (await grace.ask("offer_draw"))["type"] == "accepted"
        await expect(ada.see("live")).to_contain_text("Grace offers a draw.")
        await expect(ada.see("resign")).to_be_hidden()
        await press(ada, "accept", how)
        await expect(ada.see("status")).to_contain_text("By agreement.")
        await grace.hear_version(18)
        if how == "mouse":
            retracted = ada.see("moves").locator("[data-retracted]")
            await expect(retracted).to_have_count(2)
            await expect(ada.see("moves")).to_contain_text("1 move is taken back.")
            await retracted.last.click()
            await ada.at(9)
            assert (await ada.board())[1] == "12"


async def test_rematches_swap_seats_keep_the_score_and_lead_everybody_on(visit: Visit, site: Api) -> None:
    created = await site.create("yellow", "Ada")
    async with visit() as ada, visit(**PHONE) as eve:
        await ada.join(created["game"], "Grace")
        await eve.open(created["game"])
        await eve.at(4)
        games, token = [created["game"]], created["token"]
        scores = [("1", "0"), ("2", "0"), ("3", "0")]
        for at, (ours, theirs) in enumerate(scores):
            async with site.seated(games[-1], token) as other:
                await other.ask("resign")
                await ada.at(5)
                if at % 2:
                    await press(ada, "rematch", "keys")
                    await other.hear_version(6)
                    assert (await other.ask("accept_rematch", offer=6))["type"] == "accepted"
                else:
                    assert (await other.ask("offer_rematch"))["type"] == "accepted"
                    await expect(ada.see("accept")).to_have_text("Ada wants a rematch")
                    await press(ada, "accept", "mouse")
            for visitor in (ada, eve):
                await visitor.page.wait_for_url(lambda url: games[-1] not in url)
                await visitor.at(4)
                for name, score in (("Grace", ours), ("Ada", theirs)):
                    card = visitor.page.locator(".player", has_text=name)
                    await expect(card.locator(".score b")).to_have_text(score)
            assert ada.game == eve.game
            games.append(ada.game)
            mine = ada.see("player-red" if at % 2 else "player-yellow")
            await expect(mine.locator(".you")).to_be_visible()
        assert len(set(games)) == 4
        await ada.page.go_back()
        await ada.at(7)
        await press(ada, "next-game", "mouse")
        await ada.page.wait_for_url(f"**/games/{games[-1]}")
        await expect(ada.see("player-yellow").locator(".you")).to_be_visible()


async def test_a_game_is_called_off_while_one_waits(visit: Visit) -> None:
    async with visit() as ada:
        await ada.create()
        await ada.mean("call-off")
        await expect(ada.see("status")).to_contain_text("The game was aborted")
        await expect(ada.see("new-game")).to_be_visible()
        await expect(ada.see("rematch")).to_be_hidden()


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("de", "dark")])
async def test_clocks_and_offers_pass_axe_and_fit_every_screen(
    visit: Visit, site: Api, locale: str, scheme: str
) -> None:
    async with timed(visit, site, 3600, 60, **PHONE, locale=locale, color_scheme=scheme) as (ada, grace, _):
        height = await ada.page.evaluate("document.documentElement.scrollHeight")
        assert height <= PHONE["viewport"]["height"]
        await play(ada, grace, "44")
        await ada.at(6)
        await assert_usable(ada, "clocks")
        await grace.ask("offer_draw")
        await expect(ada.see("accept")).to_be_visible()
        await assert_usable(ada, "a draw is offered")
        await assert_accessible(ada)
        await grace.ask("offer_takeback")
        await expect(ada.see("accept")).to_have_text("Allow it" if locale == "en" else "Erlauben")
        await assert_usable(ada, "a move is asked back")
        await assert_accessible(ada)
        await grace.ask("resign")
        await expect(ada.see("rematch")).to_be_visible()
        await assert_usable(ada, "over")
        await grace.ask("offer_rematch")
        await expect(ada.see("accept")).to_be_visible()
        await assert_usable(ada, "a rematch is wanted")
        await assert_accessible(ada)


HOLD = """
window.held = null;
for (const name of ["requestAnimationFrame", "setTimeout"]) {
    const begin = window[name];
    const later = (run) => (...what) => (held ? held.push(() => run(...what)) : run(...what));
    window[name] = (run, ...more) => begin(later(run), ...more);
}
"""
"""Has a page keep its frames and timers in `held`, from when that is a list."""


async def test_a_button_answers_the_offer_that_was_read_and_not_one_that_took_its_place(sit: Sit) -> None:
    told = asyncio.Event()

    def hear(frame: str | bytes) -> None:
        if "TakebackOffered" in str(frame):
            told.set()

    async def stoppable(visitor: Visitor) -> None:
        await visitor.page.add_init_script(HOLD)
        visitor.page.on("websocket", lambda socket: socket.on("framereceived", hear))

    async with sit(before=stoppable) as (ada, grace, _):
        await play(ada, grace, "44")
        await grace.ask("offer_draw")
        await expect(ada.see("accept")).to_have_text("Agree to a draw")
        await ada.page.evaluate("held = []")  # it paints no more
        await grace.ask("offer_takeback")
        async with asyncio.timeout(PATIENCE):
            await told.wait()
        assert await ada.see("accept").inner_text() == "Agree to a draw"
        await ada.page.evaluate("document.querySelector('#accept').click()")
        await ada.page.evaluate("held.splice(0).forEach((run) => run()), held = null")
        await ada.told("status", "That offer is not open any more.")
        await expect(ada.see("accept")).to_have_text("Allow it")
        await ada.at(8)
