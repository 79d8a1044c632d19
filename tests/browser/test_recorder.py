"""Looking at the past of a game, while it goes on and when it is over; and the log itself."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, play
from tests.support.player import Api


class Game(NamedTuple):
    """Two who play, one who watches, and the game's id; three moves have been made."""

    ada: Visitor
    grace: Visitor
    eve: Visitor
    id: str


@pytest.fixture
async def game(visit: Visit) -> AsyncIterator[Game]:
    async with AsyncExitStack() as stack:
        ada, grace, eve = [await stack.enter_async_context(visit()) for _ in range(3)]
        game = Game(ada, grace, eve, await ada.create())
        await grace.join(game.id)
        await eve.open(game.id)
        await play(ada, grace, "121")
        for player in (ada, grace):
            await player.at(7)
        yield game


async def moves_shown(visitor: Visitor) -> str:
    return (await visitor.board())[1]


async def test_who_looks_back_stays_there_while_the_game_goes_on(game: Game, site: Api) -> None:
    eve = game.eve
    await eve.at(7)
    await eve.see("go-previous").click()
    await eve.at(6)
    assert await moves_shown(eve) == "12"
    await eve.page.wait_for_url("**#v6")
    await game.grace.drop(1)
    await game.ada.at(8)
    await game.ada.drop(0)
    await game.grace.at(9)
    await expect(eve.see("go-live")).to_have_text("LIVE ▸ 2 new")
    await eve.at(6)
    await eve.see("go-next").click()
    await eve.at(7)
    await eve.see("slider").fill("5")
    await eve.at(5)
    await eve.see("go-live").click()
    await eve.at(9)
    await eve.page.wait_for_url(re.compile("^[^#]*$"))
    assert (await site.state(game.id))["moves"] == await moves_shown(eve) == "12121"


async def test_a_player_who_looks_back_moves_only_on_the_board_as_it_is(game: Game, site: Api) -> None:
    grace = game.grace
    await grace.page.keyboard.press("ArrowLeft")
    await grace.at(6)
    await expect(grace.see("status")).to_contain_text("The game as it was")
    await grace.page.keyboard.press("7")
    await grace.at(7)
    await expect(grace.see("status")).to_contain_text("This is the game as it is")
    assert (await site.state(game.id))["moves"] == "121"
    await grace.drop(6)
    await game.ada.at(8)


async def test_pause_stops_here_and_play_goes_on_to_live(game: Game) -> None:
    eve = game.eve
    await eve.at(7)
    await eve.see("go-play").click()
    await game.grace.drop(1)
    await game.ada.at(8)
    await expect(eve.see("go-live")).to_have_text("LIVE ▸ 1 new")
    await eve.at(7)
    await eve.see("speed").click()
    await eve.see("go-play").click()
    await eve.at(8)
    await expect(eve.see("go-live")).to_have_attribute("data-live", "true")


async def test_each_position_of_a_game_that_is_over_has_an_address(game: Game, site: Api) -> None:
    await play(game.ada, game.grace, "2121", version=7)
    for visitor in (game.ada, game.grace, game.eve):
        await visitor.at(12)
    await expect(game.ada.see("status")).to_contain_text(
        re.compile(r"Four in a row\.\s+7 moves in \d:\d\d\.")
    )
    for version in (1, 6, 11, 12):
        await game.eve.page.goto(f"/games/{game.id}#v{version}")
        await game.eve.page.reload()
        await game.eve.at(version)
        state = (await site.http.get(f"/api/games/{game.id}?at={version}")).json()
        assert await game.eve.board() == ("/".join(state["board"]), state["moves"])
    await game.eve.page.keyboard.press("Home")
    await game.eve.at(4)
    await game.eve.page.keyboard.press("p")
    await game.eve.at(5)
    await game.eve.page.keyboard.press("End")
    await game.eve.at(12)
    await game.eve.see("moves").get_by_role("button", name="Move 2: red, column 2").click()
    await game.eve.at(6)


async def test_the_inspector_shows_every_event_and_what_it_did(game: Game, site: Api, tmp_path: Path) -> None:
    eve = game.eve
    await eve.at(7)
    await eve.see("tab-events").click()
    events = eve.see("events").locator(".event")
    await expect(events).to_have_count(7)
    log = (await site.http.get(f"/api/games/{game.id}/events")).json()["events"]
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
    await expect(shown).to_contain_text(re.compile(r"\d ms from the commit to the screen"))
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
    await game.ada.see("tab-events").click()
    await expect(game.ada.see("events")).to_contain_text(re.compile(r"\d ms from the click to the commit"))


async def test_the_log_of_a_game_that_is_reloaded_is_the_same(game: Game) -> None:
    for visitor in (game.ada, game.eve):
        before = await visitor.see("moves").inner_text()
        await visitor.page.reload()
        await visitor.at(7)
        await expect(visitor.see("moves")).to_have_text(re.compile(r"\D*".join(before.split())))
