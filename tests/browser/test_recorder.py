"""The past of a game, while it goes on and when it is over; and its log."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import Visitor, play
from tests.support.player import Api, Socket


class Watched(NamedTuple):
    """A page that watches a game between two players without browsers; three moves have been made."""

    eve: Visitor
    ada: Socket
    grace: Socket
    id: str


@pytest.fixture
async def game(visit: Visit, site: Api) -> AsyncIterator[Watched]:
    id, yellow, red = await site.start()
    async with visit() as eve, site.seated(id, yellow) as ada, site.seated(id, red) as grace:
        await play(ada, grace, "121")
        await eve.open(id)
        await eve.at(7)
        yield Watched(eve, ada, grace, id)


async def moves_shown(visitor: Visitor) -> str:
    return (await visitor.board())[1]


async def test_a_spectator_who_looks_back_stays_there_while_the_game_goes_on(
    game: Watched, site: Api
) -> None:
    eve = game.eve
    await eve.see("go-previous").click()
    await eve.at(6)
    assert await moves_shown(eve) == "12"
    await eve.page.wait_for_url("**#v6")
    await play(game.ada, game.grace, "21", version=7)
    await expect(eve.see("go-live")).to_have_text("Live ▸ 2 new")
    await eve.at(6)
    await eve.see("go-next").click()
    await eve.at(7)
    await eve.see("slider").fill("5")
    await eve.at(5)
    await eve.see("go-live").click()
    await eve.at(9)
    await eve.page.wait_for_url(re.compile("^[^#]*$"))
    assert (await site.state(game.id))["moves"] == await moves_shown(eve) == "12121"


async def test_a_player_who_looks_back_moves_only_on_the_board_as_it_is(sit: Sit, site: Api) -> None:
    async with sit("red") as (grace, ada, id):
        await ada.move(0)
        await grace.at(5)
        await grace.page.keyboard.press("ArrowLeft")
        await grace.at(4)
        await expect(grace.see("status")).to_contain_text("The game as it was")
        await grace.page.keyboard.press("7")
        await grace.at(5)
        await grace.told("status", "This is the game as it is")
        assert (await site.state(id))["moves"] == "1"
        await grace.drop(6)
        await ada.hear_version(6)


async def test_a_replay_begins_at_the_start_can_be_stopped_and_goes_on_to_live(game: Watched) -> None:
    eve = game.eve
    # One press right behind the other, before it is time for the next position.
    await eve.see("go-play").evaluate(
        "(button) => { button.click(); setTimeout(() => button.click(), 100); }"
    )
    await eve.at(4)
    await play(game.ada, game.grace, "2", version=7)
    await expect(eve.see("go-live")).to_have_text("Live ▸ 1 new")
    for _ in range(2):
        await eve.see("speed").click()
    await eve.see("go-play").click()
    await eve.at(8)
    await expect(eve.see("go-live")).to_have_attribute("data-live", "true")


SHOWN = """
window.shown = [];
const watching = new MutationObserver(() => shown.push(board.dataset.version));
watching.observe(board, { attributeFilter: ["data-version"] });
"""
"""Has a page remember which versions it shows: in a replay each is there for less than a second."""


async def test_each_position_of_a_game_that_is_over_has_an_address(game: Watched, site: Api) -> None:
    eve = game.eve
    await play(game.ada, game.grace, "2121", version=7)
    await eve.at(12)
    for version in (1, 6, 11):
        await eve.page.goto(f"/games/{game.id}#v{version}")
        await eve.page.reload()
        await eve.at(version)
        state = await site.state(game.id, at=version)
        assert await eve.board() == ("/".join(state["board"]), state["moves"])
    await eve.page.keyboard.press("Home")
    await eve.at(4)
    await eve.page.evaluate(SHOWN)
    await eve.page.keyboard.press("p")
    await eve.until("shown.includes('5')")
    await eve.page.keyboard.press("End")
    await eve.at(12)
    await eve.see("moves").get_by_role("button", name="Move 2: red, column 2").click()
    await eve.at(6)


async def test_the_inspector_shows_every_event_and_what_it_did(
    game: Watched, site: Api, tmp_path: Path
) -> None:
    eve = game.eve
    await eve.see("tab-events").click()
    events = eve.see("events").locator(".event")
    await expect(events).to_have_count(7)
    log = await site.log(game.id)
    await events.nth(5).click()
    await eve.at(6)
    shown = eve.see("events").locator("li").nth(5)
    for words in (
        log[5]["type"],
        log[5]["command_id"],
        log[5]["data"]["player"],
        "Grace",
        "row 1 of column 2",
    ):
        await expect(shown).to_contain_text(words)
    await expect(shown.locator(".change")).to_contain_text(["next", "board", "moves"])
    await expect(shown.locator(".change").last).to_contain_text('before "1"after "12"')
    for version, name in {1: "Ada", 2: "Ada", 3: "Grace", 4: "Grace", 5: "Ada"}.items():
        await events.nth(version - 1).click()
        detail = eve.see("events").locator("li").nth(version - 1).locator("dt:text-is('Who') + dd")
        await expect(detail).to_have_text(name)
    async with eve.page.expect_download() as download:
        await eve.see("download").click()
    await (await download.value).save_as(tmp_path / "log")
    assert [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()] == log
    await eve.see("filter").select_option("MoveMade")
    await expect(events.locator("visible=true")).to_have_count(3)


async def test_the_inspector_shows_how_long_a_move_took(sit: Sit) -> None:
    async with sit() as (ada, grace, _):
        await ada.parts("browser/timings")
        await play(ada, grace, "12")
        await ada.at(6)
        await ada.see("tab-events").click()
        events = ada.see("events")
        for place, words in (
            (4, r"\d ms from the click to the commit, \d+ ms from there to the screen"),
            (5, r"\d ms from the commit to the screen"),
        ):
            await events.locator(".event").nth(place).click()
            await expect(events.locator("li").nth(place)).to_contain_text(re.compile(words))


async def test_the_log_of_a_game_that_is_reloaded_is_the_same(game: Watched) -> None:
    await expect(game.eve.see("moves").get_by_role("button")).to_have_count(3)
    before = await game.eve.see("moves").inner_text()
    await game.eve.page.reload()
    await game.eve.at(7)
    await expect(game.eve.see("moves")).to_have_text(re.compile(r"\D*".join(before.split())))
