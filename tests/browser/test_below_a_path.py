"""The pages below a path of a site that has others, as a proxy shows them that strips nothing."""

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import play
from tests.support.cluster import Cluster
from tests.support.serving import command


async def test_a_game_is_played_below_a_path_and_nothing_is_asked_for_outside(
    cluster: Cluster, visit: Visit
) -> None:
    async with cluster.database() as name:
        urls = {"DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        with command({"PORT": "0", "ROOT_PATH": "/play/connect4", **urls}) as server:
            site = await asyncio.to_thread(server.wait_for_address)
            async with visit() as ada, visit() as grace:
                asked: list[str] = []
                for page in (ada.page, grace.page):
                    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
                    page.on("websocket", lambda socket: asked.append(urlsplit(socket.url).path))
                await ada.page.goto(f"{site}/play/connect4/")
                await ada.see("seat-yellow").check(force=True)
                await ada.see("play").click()
                await ada.page.wait_for_url("**/play/connect4/games/*")
                await ada.live()
                await grace.page.goto(await ada.invitation())
                await grace.live()
                await grace.see("join").click()
                await play(ada, grace, "4455")
                await grace.at(8)
                await ada.page.locator(".brand").click()
                await expect(ada.see("play")).to_be_visible()
    outside = [path for path in asked if not path.startswith("/play/connect4/")]
    assert outside == []
    assert f"/play/connect4/games/{grace.game}/qr.svg" in asked
    assert f"/play/connect4/ws/games/{grace.game}" in asked
