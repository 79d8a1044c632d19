"""The server goes away: the page comes back by itself, with all that it missed."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from playwright.async_api import Browser, expect

from tests.browser.visitor import Visitor
from tests.support.player import Api
from tests.support.serving import command


async def test_a_page_outlives_its_server_and_catches_up(browser: Browser, tmp_path: Path) -> None:
    """The server is killed and started again at the same address, on the data it left."""
    async with AsyncExitStack() as stack:
        with command({"PORT": "0", "DATA_DIR": tmp_path}) as first:
            url = await asyncio.to_thread(first.wait_for_address)
            contexts = [
                await stack.enter_async_context(await browser.new_context(base_url=url)) for _ in range(2)
            ]
            ada, grace = [Visitor(await context.new_page(), url) for context in contexts]
            game = await ada.create()
            await grace.join(game)
            await ada.drop(3)
            await grace.at(5)
            first.process.kill()
            for visitor in (ada, grace):
                await expect(visitor.see("connection")).to_have_attribute("data-state", "reconnecting")
        with command({"PORT": url.rsplit(":", 1)[1], "DATA_DIR": tmp_path}) as second:
            await asyncio.to_thread(second.wait_for_address)
            async with httpx.AsyncClient(base_url=url) as client:
                # Meanwhile the game has gone on.
                api = Api(url, client)
                async with api.seated(game, await grace.token()) as elsewhere:
                    assert (await elsewhere.move(3))["type"] == "accepted"
            for visitor in (ada, grace):
                await visitor.live()
                await visitor.at(6)
                assert (await visitor.board())[1] == "44"
            await ada.drop(2)
            await grace.at(7)
