"""Players in the browser: who one is, on a second device too; profiles and standings; being forgotten."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from server.projections.ratings import Pool, rating_id
from tests.browser.conftest import Visit
from tests.browser.test_looks import LOOKS, SCREENS, assert_accessible
from tests.browser.visitor import Visitor
from tests.conftest import Serve
from tests.integration.test_standings import RANKED
from tests.support.player import PATIENCE, Api, Json

KEPT = "JSON.parse(localStorage.getItem('connect4.player'))"
"""The player that a browser keeps."""
WIDE = "document.documentElement.scrollWidth <= innerWidth"
BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } });"
"""Has a browser refuse to keep anything for the site."""


async def become(site: Api, name: str) -> Json:
    return dict((await site.http.post("/api/players", json={"name": name})).json())


async def be(page: Page, player: Json) -> None:
    """Have the browser keep `player` as its own."""
    await page.goto("/standings")
    await page.evaluate(f"localStorage.setItem('connect4.player', {json.dumps(json.dumps(player))})")


async def play(site: Api, ada: Json, grace: Json, moves: str = "1213141", **options: Any) -> str:
    """A listed game of the two that ada wins, or which grace resigns; returns its id."""
    headers = [{"authorization": f"Bearer {player['secret']}"} for player in (ada, grace)]
    body = {"seat": "yellow", "listed": True, "rated": True, **options}
    created = (await site.http.post("/api/games", json=body, headers=headers[0])).json()
    game = str(created["game"])
    joined = (await site.http.post(f"/api/games/{game}/players", headers=headers[1])).json()
    async with site.seated(game, created["token"]) as yellow, site.seated(game, joined["token"]) as red:
        for at, column in enumerate(moves):
            mover, other = ((yellow, red), (red, yellow))[at % 2]
            assert (await mover.move(int(column) - 1))["type"] == "accepted"
            await other.hear_version(5 + at)
        if moves != "1213141":
            assert (await red.ask("resign"))["type"] == "accepted"
    return game


async def listed(site: Api, player: Json, games: int) -> None:
    """Return once so many games of `player` are in the list of those that are over."""
    async with asyncio.timeout(PATIENCE):
        path = f"/api/games?status=finished&player={player['player']}"
        while len((await site.http.get(path)).json().get("games", [])) < games:
            await asyncio.sleep(0.02)


# Being somebody -------------------------------------------------------------------------------------------


async def test_a_browser_becomes_a_player_with_its_first_game_and_stays_one(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace:
        game = await ada.create("Ada")
        await grace.join(game, "Grace")
        kept = [await each.page.evaluate(KEPT) for each in (ada, grace)]
        players = (await site.state(game))["players"]
        assert [players[seat]["player"] for seat in ("yellow", "red")] == [each["player"] for each in kept]
        assert [each["name"] for each in kept] == ["Ada", "Grace"]
        another = await ada.create("Ada")
        assert (await site.state(another))["players"]["yellow"]["player"] == kept[0]["player"]


async def test_in_a_second_tab_one_plays_oneself(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        game = await ada.create("Ada")
        other = Visitor(await ada.page.context.new_page(), site.url)
        await other.join(game, "Ada again")
        await ada.at(4)
        await ada.drop(3)
        await other.at(5)
        await other.drop(3)
        await ada.at(6)
        assert other.complaints == []


async def test_a_secret_that_the_server_does_not_know_is_dropped_without_a_word(
    visit: Visit, site: Api
) -> None:
    async with visit() as ada:
        ada.complaints.expect("status of 401")
        await be(ada.page, {"player": "p", "name": "Ada", "secret": "A" * 43})
        game = await ada.create("Ada")
        kept = await ada.page.evaluate(KEPT)
        assert (await site.state(game))["players"]["yellow"]["player"] == kept["player"]


async def test_where_nothing_is_kept_one_plays_as_nobody(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        await ada.page.add_init_script(BLOCKED)
        game = await ada.create("Ada")
        yellow = (await site.state(game))["players"]["yellow"]
        assert (yellow["name"], UUID(yellow["player"]).version) == ("Ada", 5)
        await ada.page.goto("/me")
        await expect(ada.see("nobody")).to_contain_text("You have not played here yet")


async def test_a_name_given_later_is_that_of_who_had_none(visit: Visit) -> None:
    async with visit() as ada:
        await ada.create("")
        assert (await ada.page.evaluate(KEPT))["name"] == "Anonymous"
        await ada.create("Ada")
        assert (await ada.page.evaluate(KEPT))["name"] == "Ada"
        await ada.create("The Countess")
        assert (await ada.page.evaluate(KEPT))["name"] == "Ada", "a name that is given is for that game"


async def test_a_rated_game_is_one_that_strangers_find(visit: Visit, site: Api) -> None:
    async with visit() as ada:
        page = ada.page
        await page.goto("/")
        await expect(ada.see("rated")).to_be_hidden()
        await ada.see("listed").check(force=True)
        await ada.see("rated").check(force=True)
        await ada.see("play").click()
        await page.wait_for_url("**/games/*")
        await ada.live()
        log = await site.log(ada.game)
        assert (log[0]["data"]["listed"], log[0]["data"]["rated"]) == (True, True)


# Pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_a_profile_shows_ratings_results_and_the_latest_games(
    visit: Visit, site: Api, screen: str, scheme: str
) -> None:
    ada, grace = await become(site, "Ada"), await become(site, "<b>\u05d0\u05d3\u05d4</b>")
    won = await play(site, ada, grace)
    await play(site, grace, ada, "12")
    await listed(site, ada, 2)
    async with visit(**SCREENS[screen], color_scheme=scheme) as eve:
        page = eve.page
        await page.goto(f"/players/{ada['player']}")
        await expect(eve.see("player-name")).to_have_text("Ada")
        await expect(eve.see("game-card")).to_have_count(2)
        card = eve.see("game-card").filter(has_text="Won against")
        await expect(card).to_contain_text(f"Won against \u2068{'<b>אדה</b>'}\u2069")
        assert await card.locator("svg .won").count() == 4
        await expect(eve.see("rating-untimed")).to_contain_text("2 rated games")
        chart = eve.see("rating-untimed").get_by_role("img")
        assert "over the last 2 games" in (await chart.get_attribute("aria-label") or "")
        await expect(eve.see("results")).to_contain_text("Yellow100")
        await expect(eve.see("results")).to_contain_text("Red010")
        for name in ("rename", "under-way", "forget"):
            await expect(eve.see(name)).to_be_hidden()
        await assert_accessible(eve)
        assert await page.evaluate(WIDE)
        await card.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/games/{won}")
        await expect(eve.see("player-red").locator(".name")).to_have_text("<b>אדה</b>")


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_standings_rank_players_page_by_page_and_name_leads_to_the_profile(
    visit: Visit, serve: Serve, database: str, screen: str, scheme: str
) -> None:
    options = {**SCREENS[screen], "color_scheme": scheme}
    async with serve() as api, visit(base_url=api.url, **options) as eve:
        page = eve.page
        players = [await become(api, f"Player {number}") for number in range(52)]
        async with asyncio.timeout(PATIENCE):
            while (await api.http.get("/api/standings")).status_code != 200:  # until there are tables
                await asyncio.sleep(0.02)
        connection = await asyncpg.connect(database)
        for number, player in enumerate(players):
            id = UUID(player["player"])
            await connection.execute(RANKED, rating_id(id, Pool.RAPID), Pool.RAPID, id, 9000 - number, 80)
        await connection.close()
        await be(page, players[50])
        await page.goto("/standings")
        await eve.see("pool-rapid").focus()
        await page.keyboard.press("Enter")
        lines = eve.see("standings").locator("tbody tr")
        await expect(lines).to_have_count(50)
        await expect(eve.see("pool-rapid")).to_have_attribute("aria-current", "page")
        await eve.see("more").click()
        await expect(lines.nth(50)).to_contain_text("51Player 50you8,950")
        await assert_accessible(eve)
        assert await page.evaluate(WIDE)
        await api.http.delete("/api/me", headers={"authorization": f"Bearer {players[1]['secret']}"})
        await expect(lines.nth(1)).to_contain_text("Player 2")
        await expect(lines.nth(49)).to_contain_text("50Player 50you8,950")
        await lines.nth(0).get_by_role("link").click()
        await expect(eve.see("player-name")).to_have_text("Player 0")


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("/standings?pool=bullet", "nobody", "Hier steht noch niemand"),
        ("/me", "nobody", "Du hast hier noch nicht gespielt"),
        ("/me#handover=nonsense", "nobody", "Dieser Link gilt nicht mehr"),
    ],
)
async def test_where_there_is_nothing_yet_a_page_says_what_to_do(
    visit: Visit, path: str, name: str, words: str
) -> None:
    async with visit(**SCREENS["phone"], locale="de-DE") as eve:
        eve.complaints.expect("status of 404")
        await eve.page.goto(path)
        await expect(eve.see(name)).to_contain_text(words)
        await expect(eve.see(name).get_by_role("link")).to_be_visible()
        await assert_accessible(eve)


async def test_ones_own_page_has_the_games_under_way_and_the_name_can_be_changed(
    visit: Visit, site: Api
) -> None:
    async with visit(**SCREENS["phone"]) as ada:
        page = ada.page
        game = await ada.create("Ada")
        await page.goto("/me")
        await expect(ada.see("under-way").get_by_role("link")).to_contain_text("Waiting for an opponent")
        await expect(ada.see("no-rating")).to_be_visible()
        await expect(ada.see("no-latest")).to_contain_text("None yet.")
        await ada.see("new-name").fill("  Lady Ada ")
        await page.keyboard.press("Enter")
        await expect(ada.see("player-name")).to_have_text("Lady Ada")
        await assert_accessible(ada)
        assert await page.evaluate(WIDE)
        assert (await site.state(game))["players"]["yellow"]["name"] == "Ada"
        await page.goto("/")
        await expect(ada.see("name")).to_have_value("Lady Ada")


async def test_who_has_another_player_is_asked_before_it_is_lost(visit: Visit, site: Api) -> None:
    ada, grace = await become(site, "Ada"), await become(site, "Grace")
    headers = {"authorization": f"Bearer {ada['secret']}"}
    handover = (await site.http.post("/api/me/handover", headers=headers)).json()
    async with visit() as eve:
        await be(eve.page, grace)
        for answer, player in (("leave-it", grace), ("take-over", ada)):
            await eve.page.goto("/standings")
            await eve.page.goto(handover["url"])
            await expect(eve.see("asking-title")).to_have_text("Play here as \u2068Ada\u2069?")
            await expect(eve.see("asking-other")).to_contain_text("This browser has been \u2068Grace\u2069")
            await assert_accessible(eve)
            await eve.see(answer).click()
            await expect(eve.see("player-name")).to_have_text(player["name"])
            assert (await eve.page.evaluate(KEPT))["player"] == player["player"]
            assert "handover" not in eve.page.url


async def test_the_menu_of_a_game_has_the_link_for_another_device_and_the_opponents_page(
    visit: Visit, site: Api
) -> None:
    grace = await become(site, "Grace")
    headers = {"authorization": f"Bearer {grace['secret']}"}
    game = (await site.http.post("/api/games", json={"seat": "red"}, headers=headers)).json()["game"]
    async with visit() as ada:
        await ada.page.goto("/")
        await ada.see("open-menu").click()
        await expect(ada.see("seat-elsewhere")).to_be_hidden()  # there is no player yet
        await ada.join(game, "Ada")
        await ada.see("open-menu").click()
        profile = ada.page.get_by_role("link", name="The page of")
        await expect(profile).to_have_text("The page of \u2068Grace\u2069")
        await expect(profile).to_have_attribute("href", f"{ada.url}/players/{grace['player']}")
        await assert_accessible(ada)
        await ada.see("seat-elsewhere").click()
        await expect(ada.see("handover-qr")).to_be_visible()
        link = await ada.see("handover-link").input_value()
        assert link.startswith(f"{ada.url}/me#handover=")
        await assert_accessible(ada)
        await ada.page.keyboard.press("Escape")
        await expect(ada.see("handover")).to_be_hidden()
        await expect(ada.see("handover-link")).to_have_value("")  # it is not left behind


# Being forgotten ------------------------------------------------------------------------------------------


async def test_the_page_of_who_was_forgotten_is_not_there_any_more(visit: Visit, site: Api) -> None:
    ada = await become(site, "Ada")
    path = f"/players/{ada['player']}"
    async with visit() as eve:
        async with eve.page.expect_websocket():
            await eve.page.goto(path)
        await expect(eve.see("player-name")).to_have_text("Ada")
        eve.complaints.expect("status of 404")
        await site.http.delete("/api/me", headers={"authorization": f"Bearer {ada['secret']}"})
        await expect(eve.see("nobody")).to_contain_text("There is no such player")
        await expect(eve.see("profile")).to_be_hidden()
        answer = await eve.page.goto(path)
        assert answer
        assert answer.status == 404
        await expect(eve.see("lost")).to_contain_text("There is no such player")
        await assert_accessible(eve)


async def test_who_was_cut_off_hears_of_it_on_coming_back(visit: Visit, site: Api) -> None:
    ada = await become(site, "Ada")
    headers = {"authorization": f"Bearer {ada['secret']}"}
    game = (await site.http.post("/api/games", json={"seat": "yellow"}, headers=headers)).json()["game"]
    async with visit() as eve:
        await eve.open(game)
        await expect(eve.see("player-yellow")).to_contain_text("Ada")
        await eve.page.goto("/standings")  # the browser keeps the log
        await site.http.delete("/api/me", headers=headers)
        await eve.open(game)
        await expect(eve.see("player-yellow")).to_contain_text("Forgotten")
        await eve.page.goto("/standings")
        assert "Ada" not in await eve.page.evaluate("JSON.stringify({ ...localStorage })")
