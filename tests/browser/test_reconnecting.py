"""The server goes away: the page comes back by itself, with all that it missed."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Sit, Visit
from tests.browser.relay import relay
from tests.browser.test_looks import assert_accessible
from tests.browser.visitor import Visitor, play
from tests.conftest import Serve
from tests.support.cluster import Cluster
from tests.support.player import Api
from tests.support.serving import command


async def let_in(asked: Route) -> None:
    await asked.fulfill(json={"allowed": True})


async def test_a_page_outlives_its_server_and_catches_up(
    visit: Visit, serve: Serve, cluster: Cluster, database: str
) -> None:
    """The server is killed; another one on the same database is there in its place, at the same address."""
    environment = {"PORT": "0", "DATABASE_URL": database, "REDIS_URL": cluster.redis_url}
    with command(environment) as dying:
        url = await asyncio.to_thread(dying.wait_for_address)
        async with serve() as other, relay(url) as between, visit(base_url=between.url) as ada:
            created = await other.create("red")
            game = created["game"]
            await ada.join(game)
            await ada.drop(3)
            await ada.at(5)
            ada.complaints.expect(*REFUSED)
            dying.process.kill()
            await expect(ada.see("connection")).to_have_attribute("data-state", "reconnecting")
            await ada.told("banner", "Connection lost")
            async with other.seated(game, created["token"]) as grace:
                # The game goes on before the page is back.
                assert (await grace.move(3))["type"] == "accepted"
                await between.lead_to(other.url)
                await ada.told("banner", "Back: 1 move caught up.")
                await ada.at(6)
                assert (await ada.board())[1] == "44"
                await ada.drop(2)
                await grace.hear_version(7)


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
        await ada.told("banner", "Your move is kept")
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
        await visitor.page.route("**/api/handshake?*", let_in)

    async with sit("red", before=before) as (grace, ada, _):
        offline = True
        await grace.page.context.set_offline(True)
        await sockets[-1].close()
        await expect(grace.see("banner")).to_contain_text("You are offline")
        await expect(grace.see("connection")).to_have_attribute("data-state", "reconnecting")
        await ada.move(3)
        offline = False
        await grace.page.context.set_offline(False)
        await grace.told("banner", "Back: 1 move caught up.")
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
        await grace.page.route("**/api/handshake?*", let_in)
        await grace.open(game)
        await grace.at(2)
        await expect(grace.see("banner")).to_be_hidden()


async def test_a_game_that_went_back_is_shown_as_it_is_and_said_to_have_done_so(sit: Sit) -> None:
    """Events after version 5 are kept from the page, as if the database had lost them."""
    async with sit() as (ada, grace, _):
        sockets: list[WebSocketRoute] = []
        forgotten = False

        def route(socket: WebSocketRoute) -> None:
            sockets.append(socket)
            upstream = socket.connect_to_server()

            def shorten(frame: str | bytes) -> None:
                message = json.loads(frame)
                if forgotten and message["type"] == "welcome":
                    message["version"] = 5
                if forgotten and message["type"] == "events":
                    message["events"] = [event for event in message["events"] if event["version"] <= 5]
                socket.send(json.dumps(message))

            upstream.on_message(shorten)
            socket.on_message(
                lambda frame: None if '"move"' in str(frame) and forgotten else upstream.send(frame)
            )

        await play(ada, grace, "12")
        await ada.at(6)
        await ada.page.route_web_socket("**/ws/games/**", route)
        await ada.page.reload()
        await ada.live()
        await ada.at(6)
        forgotten = True
        await ada.drop(3)
        await expect(ada.see("board")).to_have_attribute("data-pending", "1")
        await sockets[-1].close(code=4409)
        await ada.at(5)
        await ada.told("banner", "The game went back by 1 move, which the server has lost.")
        await ada.told("status", "Not played: The game went back by 1 move")
        assert (await ada.board())[1] == "1"
        forgotten = False
        await sockets[-1].close(code=1001)
        await ada.at(6)
        urls = [socket.url.partition("?")[2] for socket in sockets]
        assert re.fullmatch(
            r"after=6&last=[0-9a-f-]{36}&history=\d+", urls[0]
        )  # the browser has kept the game
        assert urls[1] == "after=0"
        assert re.fullmatch(r"after=5&last=[0-9a-f-]{36}&history=\d+", urls[2])


NEWER = {
    "protocol": lambda message: message | {"protocol": 3} if message["type"] == "welcome" else message,
    "event": lambda message: json.loads(json.dumps(message).replace('"MoveMade"', '"DiscPolished"')),
}
"""Messages of a newer server, made from those of this one."""


async def reload(visitor: Visitor) -> None:
    """Load the page again, and wait for no more: it may do so itself before it is all there."""
    await visitor.page.reload(wait_until="commit")


@pytest.mark.parametrize("newer", NEWER)
async def test_a_page_older_than_its_server_reloads_once_and_then_says_so(sit: Sit, newer: str) -> None:
    newest = False
    loads = 0

    def route(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()

        def tell(frame: str | bytes) -> None:
            message = json.loads(frame)
            socket.send(json.dumps(NEWER[newer](message) if newest else message))

        upstream.on_message(tell)

    def loaded(_page: Page) -> None:
        nonlocal loads
        loads += 1

    async def before(visitor: Visitor) -> None:
        await visitor.page.route_web_socket("**/ws/games/**", route)

    async with sit(before=before) as (ada, grace, _):
        ada.page.on("domcontentloaded", loaded)
        newest = True
        await ada.drop(3)
        await grace.hear_version(5)
        if newer == "protocol":
            await reload(ada)
        await expect(ada.see("notice")).to_contain_text("This page is too old")
        assert loads == 2 if newer == "protocol" else loads == 1
        newest = False
        await ada.see("notice").get_by_role("button", name="Reload").click()
        await ada.at(5)
        await expect(ada.see("notice")).to_be_hidden()
        newest = True
        await (reload(ada) if newer == "protocol" else grace.move(4))
        await expect(ada.see("notice")).to_contain_text("This page is too old")
        assert loads == (5 if newer == "protocol" else 3), (
            "the page that knew everything may be reloaded again"
        )


async def test_a_page_that_the_server_refuses_says_so_until_it_is_let_in(visit: Visit) -> None:
    async with visit() as ada:
        refused = True

        async def route(socket: WebSocketRoute) -> None:
            if refused:
                await socket.close()
            else:
                socket.connect_to_server()

        async def answer(asked: Route) -> None:
            await asked.fulfill(json={"allowed": not refused, "origin": ada.url, "host": "10.0.0.1:8000"})

        game = await ada.create()
        await ada.page.route_web_socket("**/ws/games/**", route)
        await ada.page.route("**/api/handshake?*", answer)
        await ada.page.goto(f"/games/{game}")
        notice = ada.see("notice")
        await expect(notice).to_contain_text(f"The server takes no connection from pages at {ada.url}")
        await expect(notice).to_contain_text("10.0.0.1:8000")
        await expect(ada.see("connection")).to_have_text("Refused")
        await expect(ada.see("banner")).to_be_hidden()
        await assert_accessible(ada)
        refused = False
        await ada.live()
        await ada.at(2)
        await expect(notice).to_be_hidden()
        assert ada.complaints == []
