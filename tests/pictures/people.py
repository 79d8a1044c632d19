"""The pages of players: profiles, standings, one seat on two devices, being forgotten."""

import json
from typing import Any
from uuid import uuid4

from tests.browser.visitor import Visitor, play
from tests.pictures.studio import DRAWN, WON, States, Studio

STATES = States()


async def _become(studio: Studio, name: str) -> dict[str, Any]:
    return dict((await studio.site.http.post("/api/players", json={"name": name})).json())


async def _rated(studio: Studio, ada: dict[str, Any], grace: dict[str, Any], moves: str) -> None:
    """A rated game of the two, which the second resigns unless all is played."""
    http, headers = studio.site.http, [{"authorization": f"Bearer {who['secret']}"} for who in (ada, grace)]
    body = {"seat": "yellow", "listed": True, "rated": True}
    created = (await http.post("/api/games", json=body, headers=headers[0])).json()
    joined = (await http.post(f"/api/games/{created['game']}/players", headers=headers[1])).json()
    yellow = await studio.seated(created["game"], created["token"])
    red = await studio.seated(created["game"], joined["token"])
    await play(yellow, red, moves)
    if moves not in (WON, DRAWN):
        await red.ask("resign")


async def _profile(studio: Studio, **options: Any) -> Visitor:
    """The page of a player with some games."""
    ada, grace = await _become(studio, "Ada"), await _become(studio, "Augusta Ada King, Lady Lovelace")
    for moves in (WON, DRAWN, WON[:8]):
        await _rated(studio, ada, grace, moves)
    await _rated(studio, grace, ada, WON)
    visitor = await studio.visitor(**options)
    await visitor.page.goto("/standings")
    kept = json.dumps(json.dumps(ada))
    await visitor.page.evaluate(f"localStorage.setItem('connect4.player', {kept})")
    await visitor.create()
    for _ in range(20):  # until all is in the lists
        await visitor.page.goto("/me")
        await visitor.see("rename").wait_for()
        if await visitor.see("game-card").count() == 5:
            break
    return visitor


@STATES.add
async def profile(studio: Studio) -> Visitor:
    visitor = await _profile(studio)
    player = await visitor.see("profile").get_attribute("data-player")
    await visitor.page.evaluate("localStorage.removeItem('connect4.player')")
    await visitor.page.goto(f"/players/{player}")
    await visitor.see("game-card").nth(3).wait_for()
    return visitor


@STATES.add
async def my_page(studio: Studio) -> Visitor:
    return await _profile(studio)


@STATES.add
async def my_page_below_german(studio: Studio) -> Visitor:
    visitor = await _profile(studio, locale="de")
    await visitor.see("forgetting").locator("summary").click()
    await visitor.see("forget").scroll_into_view_if_needed()
    return visitor


@STATES.add
async def nobody_yet(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/me")
    await visitor.see("nobody").wait_for()
    return visitor


@STATES.add
async def seat_elsewhere(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.see("open-menu").click()
    await visitor.see("seat-elsewhere").click()
    await visitor.see("handover-qr").wait_for()
    return visitor


@STATES.add
async def take_over(studio: Studio) -> Visitor:
    ada = await _become(studio, "Ada")
    headers = {"authorization": f"Bearer {ada['secret']}"}
    url = (await studio.site.http.post("/api/me/handover", headers=headers)).json()["url"]
    visitor = await studio.visitor(locale="de")
    await visitor.create("Grace")
    await visitor.page.goto(url)
    await visitor.see("asking").wait_for()
    return visitor


@STATES.add
async def forget_me(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.page.goto("/me")
    await visitor.see("forgetting").locator("summary").click()
    await visitor.see("forget").click()
    await visitor.see("forget-dialog").wait_for()
    return visitor


@STATES.add
async def standings(studio: Studio) -> Visitor:
    """Nobody has played enough for a rank in so short a time, so the list is one of this page's own."""
    visitor = await studio.visitor()
    names = ["Ada", "Augusta Ada King, Countess of L", "Grace", "\u05d0\u05d3\u05d4", "Anonymous"]
    listed = [
        {
            "rank": at,
            "player": str(uuid4()),
            "name": name,
            "rating": 2001.5 - 87 * at,
            "deviation": 60,
            "games": 9,
        }
        for at, name in enumerate(names, 1)
    ]
    await visitor.page.route(
        "**/api/standings?*",
        lambda asked: asked.fulfill(json={"pool": "untimed", "standings": listed, "cursor": "more"}),
    )
    await visitor.page.goto("/standings")
    await visitor.see("standings").wait_for()
    return visitor


@STATES.add
async def standings_empty_german(studio: Studio) -> Visitor:
    visitor = await studio.visitor(locale="de")
    await visitor.page.goto("/standings?pool=bullet")
    await visitor.see("nobody").wait_for()
    return visitor
