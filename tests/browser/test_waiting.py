"""What ends by waiting: a game whose player stays away, and one whose first move does not come.

The servers are in this process, so that they need not wait as long as others do.
"""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from playwright.async_api import expect

from server.game import clock as clocks
from server.game import endings
from tests.browser.conftest import Visit
from tests.browser.relay import relay
from tests.browser.test_for_everybody import assert_usable
from tests.browser.test_looks import assert_accessible
from tests.browser.test_manners import PHONE, press
from tests.browser.visitor import play
from tests.conftest import Serve
from tests.support.player import Json, Socket


@pytest.mark.parametrize(
    ("how", "claim", "clock"),
    [("mouse", "win", None), ("finger", "draw", None), ("keys", "draw", {"initial": 3600, "increment": 0})],
)
async def test_a_countdown_survives_a_reload_and_another_server_and_ends_when_the_player_is_back(
    visit: Visit, serve: Serve, monkeypatch: pytest.MonkeyPatch, how: str, claim: str, clock: Json | None
) -> None:
    options = PHONE if how == "finger" else {}
    wait = "AWAY_LISTED" if clock is None else "LEFT_WITH_CLOCK"
    monkeypatch.setattr(endings, wait, timedelta(seconds=110))
    async with serve(server_name="one") as one, serve(server_name="two") as two, relay(one.url) as between:
        created = await one.create("red", "Grace", listed=True, clock=clock)
        game, token = created["game"], created["token"]
        async with visit(base_url=between.url, **options) as ada:
            async with one.seated(game, token) as grace:
                await ada.join(game, "Ada")
                await play(ada, grace, "44")
            counting = ada.see("status").filter(has_text="Grace is away. In")
            await expect(counting).to_be_visible()
            await ada.page.reload()
            await expect(counting).to_be_visible()
            await ada.page.evaluate("told.status.clear()")
            await between.lead_to(two.url)
            await ada.until("[...told.status].some((said) => !said.includes('Grace is away'))")
            await expect(counting).to_be_visible()
            async with two.seated(game, token):
                await expect(ada.see("status")).to_contain_text("Drop a yellow disc")
                await expect(ada.see("claim")).to_be_hidden()
            monkeypatch.setattr(endings, wait, timedelta(seconds=1))
            await expect(ada.see("claim")).to_be_visible()
            await expect(ada.see("live")).to_contain_text("the game is yours to claim")
            if how == "finger":
                await assert_usable(ada, "the game can be claimed")
                await assert_accessible(ada)
            await press(ada, f"claim-{claim}", how)
            await expect(ada.see("status")).to_contain_text("You won!" if claim == "win" else "Drawn")
        state = await two.state(game)
        assert state["by"] == "abandonment"


async def test_a_first_move_that_does_not_come_ends_the_game(
    visit: Visit, serve: Serve, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as api:
        created = await api.create("red", "Grace", clock={"initial": 60, "increment": 0})
        game = created["game"]
        async with (
            visit(base_url=api.url) as ada,
            visit(base_url=api.url, locale="de", **PHONE) as eve,
            api.seated(game, created["token"]) as grace,
        ):
            await eve.open(game)
            await ada.join(game, "Ada")
            await expect(ada.see("status")).to_contain_text("First move within")
            await expect(eve.see("status")).to_contain_text("Ada")
            monkeypatch.setattr(clocks, "FIRST_MOVE", timedelta(0))
            await until_looked_at(database, grace)
            await expect(ada.see("status")).to_contain_text("The first move did not come.")
            await expect(eve.see("status")).to_contain_text("Der erste Zug kam nicht.")
            await expect(ada.see("new-game")).to_be_visible()
            await expect(ada.see("rematch")).to_be_visible()
            for visitor in (ada, eve):
                await assert_usable(visitor, "aborted")
                await assert_accessible(visitor)
            assert grace.events[-1]["data"]["by"] == "no_first_move"


async def until_looked_at(database: str, player: Socket) -> None:
    """Have servers look at the game's deadline until the player hears of its end."""
    connection = await asyncpg.connect(database)
    ending = asyncio.create_task(player.hear_version(5))
    while not ending.done():
        await connection.execute("UPDATE deadlines_v1 SET due_at = now()")
        await asyncio.sleep(0.1)
    await ending
    await connection.close()
