"""The log's page: what is recorded in listed games shows as it happens, and links lead on from it."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_looks import LOOKS, SCREENS, assert_accessible
from tests.support.player import Api

LOADED = """
performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"))
    .map(({ decodedBodySize }) => decodedBodySize)
"""
JAVASCRIPT = 20 * 1024
"""Most bytes of JavaScript that the page loads, before compression; without its menu."""


async def open_game(site: Api, **options: Any) -> tuple[str, str]:
    """A listed game that both have joined: its id, and yellow's token."""
    body = {"seat": "yellow", "name": "Ada", "listed": True, **options}
    created = (await site.http.post("/api/games", json=body)).json()
    await site.join(created["game"])
    return created["game"], created["token"]


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_a_move_shows_as_it_is_recorded_and_leads_to_its_game_and_its_command(
    visit: Visit, site: Api, screen: str, scheme: str
) -> None:
    hidden = (await site.start())[0]
    game, token = await open_game(site)
    async with visit(**SCREENS[screen], color_scheme=scheme) as eve:
        page = eve.page
        await page.goto("/log")
        await expect(page.locator(f"[id='{game}-4']")).to_contain_text("GameStarted")
        async with site.seated(game, token) as ada:
            await ada.move(3)
        moved = page.locator(f"[id='{game}-5']")
        await expect(moved).to_contain_text("A disc falls in column 4.")
        assert await page.locator(f"[id^='{hidden}']").count() == 0
        await moved.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(moved).to_contain_text('"column": 3')
        await assert_accessible(eve)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        command = moved.locator("a[href^='?id=']").first
        await command.click()
        await expect(page.locator(".commit")).to_have_count(1)
        await expect(page.locator(f"[id='{game}-5']")).to_be_visible()
        await page.locator(".about a").click()
        await expect(page.locator(".commit")).to_have_count(3)
        await page.locator("summary").nth(1).click()
        await page.get_by_role("link", name="Watch").first.click()
        await expect(eve.see("status")).to_contain_text("Red")


async def test_new_events_wait_while_somebody_reads_and_the_filter_is_in_the_address(
    visit: Visit, site: Api
) -> None:
    game, token = await open_game(site)
    async with visit() as eve:
        page = eve.page
        await page.goto(f"/log?id={game}")
        await page.locator(f"[id='{game}-3'] summary").click()
        async with site.seated(game, token) as ada:
            await ada.move(0)
        await expect(eve.see("fresh")).to_have_text("Show 1 new event")
        assert await page.locator(f"[id='{game}-5']").count() == 0
        await eve.see("fresh").click()
        await expect(page.locator(f"[id='{game}-5']")).to_be_visible()
        await eve.see("type").select_option("PlayerJoined")
        await eve.see("show").click()
        await expect(page).to_have_url(f"{site.url}/log?type=PlayerJoined&id={game}")
        await expect(page.locator(".commit summary")).to_have_count(2)
        await eve.see("id").fill("0b7c2c1e-0000-4000-8000-000000000000")
        await eve.see("show").click()
        await expect(eve.see("nothing")).to_contain_text("No event matches.")
        await eve.see("all").click()
        await expect(page).to_have_url(f"{site.url}/log")


async def test_a_name_that_is_forgotten_goes_from_the_open_page(visit: Visit, site: Api) -> None:
    player = (await site.http.post("/api/players", json={"name": "Zoë"})).json()
    headers = {"authorization": f"Bearer {player['secret']}"}
    created = await site.http.post("/api/games", json={"seat": "red", "listed": True}, headers=headers)
    async with visit() as eve:
        await eve.page.goto("/log")
        joined = eve.page.locator(f"[id='{created.json()['game']}-2']")
        await expect(joined).to_contain_text("Zoë takes the red seat")
        await joined.locator("summary").click()
        await site.http.delete("/api/me", headers=headers)
        await expect(joined).to_contain_text("Forgotten takes the red seat")
        assert "Zoë" not in await eve.page.content()


async def test_the_page_is_small_and_in_german_too(visit: Visit, site: Api) -> None:
    await open_game(site)
    async with visit(locale="de-DE") as eve:
        await eve.page.goto("/log")
        await expect(eve.page.locator("h1")).to_have_text("Das Log")
        await expect(eve.see("models-state")).not_to_be_empty()
        sizes = await eve.page.evaluate(LOADED)
        assert 0 < sum(sizes) < JAVASCRIPT
