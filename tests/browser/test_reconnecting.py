"""The server goes away: the page comes back by itself, with all that it missed."""

import asyncio
import json
from pathlib import Path

import httpx
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browser.conftest import CALM, Sit, Visit
from tests.browser.visitor import Visitor
from tests.support.player import Api
from tests.support.serving import command


async def test_a_page_outlives_its_server_and_catches_up(browser: Browser, tmp_path: Path) -> None:
    """The server is killed and started again at the same address, on the data it left."""
    with command({"PORT": "0", "DATA_DIR": tmp_path}) as first:
        url = await asyncio.to_thread(first.wait_for_address)
        async with httpx.AsyncClient(base_url=url) as client:
            created = await Api(url, client).create("red")
        context = await browser.new_context(base_url=url, **CALM)
        ada, game = Visitor(await context.new_page(), url), created["game"]
        await ada.join(game)
        await ada.drop(3)
        await ada.at(5)
        first.process.kill()
        await expect(ada.see("connection")).to_have_attribute("data-state", "reconnecting")
        await expect(ada.see("banner")).to_contain_text("Connection lost")
    with command({"PORT": url.rsplit(":", 1)[1], "DATA_DIR": tmp_path}) as second:
        await asyncio.to_thread(second.wait_for_address)
        async with (
            httpx.AsyncClient(base_url=url) as client,
            Api(url, client).seated(game, created["token"]) as grace,
        ):
            # The game goes on before the page is back.
            assert (await grace.move(3))["type"] == "accepted"
            await expect(ada.see("banner")).to_contain_text("Back", timeout=20_000)
            await ada.at(6)
            assert (await ada.board())[1] == "44"
            await ada.drop(2)
            await grace.hear_version(7)
        await context.close()


async def test_a_move_made_while_the_database_is_away_is_kept_and_made_when_it_is_back(
    sit: Sit, site: Api
) -> None:
    """The server answers `unavailable` for a while, which is not the last word."""
    away = False

    def route(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()

        def forward(frame: str | bytes) -> None:
            message = json.loads(frame)
            if away and message["type"] == "move":
                refusal = {"type": "rejected", "code": "unavailable", "detail": "Away."}
                socket.send(json.dumps({**refusal, "id": message["id"]}))
            else:
                upstream.send(frame)

        socket.on_message(forward)

    async def before(visitor: Visitor) -> None:
        await visitor.page.route_web_socket("**/ws/games/**", route)

    async with sit(before=before) as (ada, grace, game):
        away = True
        await ada.drop(3)
        await expect(ada.see("banner")).to_contain_text("Your move is kept")
        await expect(ada.see("board")).to_have_attribute("data-pending", "1")
        away = False
        await grace.hear_version(5)
        await ada.at(5)
    assert (await site.state(game))["moves"] == "4"


async def test_a_player_who_goes_offline_is_told_and_comes_back(sit: Sit) -> None:
    sockets: list[WebSocketRoute] = []
    offline = False

    async def route(socket: WebSocketRoute) -> None:
        if offline:
            await socket.close()
        else:
            sockets.append(socket)
            socket.connect_to_server()

    async def before(visitor: Visitor) -> None:
        await visitor.page.route_web_socket("**/ws/games/**", route)

    async with sit("red", before=before) as (grace, ada, _):
        offline = True
        await grace.page.context.set_offline(True)
        await sockets[-1].close()
        await expect(grace.see("banner")).to_contain_text("You are offline")
        await expect(grace.see("connection")).to_have_attribute("data-state", "reconnecting")
        await ada.move(3)
        offline = False
        await grace.page.context.set_offline(False)
        await expect(grace.see("banner")).to_have_text("Back: 1 move caught up.")
        await grace.at(5)


async def test_a_page_whose_first_attempt_failed_says_so_and_then_no_more(visit: Visit, site: Api) -> None:
    attempts = 0

    async def route(socket: WebSocketRoute) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 3:
            await socket.close(code=1013)
        else:
            socket.connect_to_server()

    game = (await site.create())["game"]
    async with visit() as grace:
        await grace.page.route_web_socket("**/ws/games/**", route)
        await grace.open(game)
        await grace.at(2)
        await expect(grace.see("banner")).to_be_hidden()
