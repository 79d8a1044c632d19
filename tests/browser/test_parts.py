"""A page whose parts do not come: what can goes on, what cannot is said, and a reload heals it."""

import asyncio
import contextlib
import random
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Route, expect
from playwright.async_api import TimeoutError as NotFound

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Sit, Visit
from tests.browser.test_looks import assert_accessible
from tests.browser.visitor import Visitor
from tests.support.cluster import Cluster
from tests.support.player import Api, client
from tests.support.serving import ROOT, command


async def refuse(visitor: Visitor, pattern: str, times: int | None = None) -> list[str]:
    """Have what fits `pattern` not come, at all or only so many times; returns the addresses refused."""
    refused = []

    async def abort(route: Route) -> None:
        refused.append(route.request.url)
        await route.abort()

    visitor.complaints.expect(*REFUSED)
    await visitor.page.route(pattern, abort, times=times)
    return refused


CHOSEN = "localStorage.setItem('connect4.language', 'de')"
"""German was chosen before there was a cookie to tell the server: its words are fetched."""


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("", ["This page did not load.", "the browser may be too old", "Reload"]),
        (CHOSEN, ["Diese Seite ist nicht", "der Browser ist zu alt", "Neu laden"]),
    ],
    ids=["English", "German"],
)
async def test_a_page_that_does_not_load_says_so_and_offers_to_reload(
    visit: Visit, before: str, words: list[str]
) -> None:
    async with visit() as ada:
        await ada.page.add_init_script(before)
        await ada.page.clock.install()
        await refuse(ada, "**/static/start-*.js*")
        await ada.page.goto("/")
        await ada.page.clock.run_for(8_000)
        notice = ada.see("not-loaded")
        for each in words:
            await expect(notice).to_contain_text(each)
        await assert_accessible(ada)
        await ada.page.clock.resume()
        await ada.page.unroute("**/static/start-*.js*")
        with contextlib.suppress(NotFound):  # the page tries again by itself, too, and may be faster
            await notice.get_by_role("button").click(timeout=2_000)
        await expect(ada.see("play")).to_be_enabled()
        await expect(notice).to_be_hidden()


async def test_no_page_waits_for_another_language_and_the_next_one_comes_in_it(visit: Visit) -> None:
    async with visit() as ada:
        await ada.page.add_init_script(CHOSEN)
        await refuse(ada, "**/static/de-*.json*")
        await ada.page.goto("/")
        await expect(ada.see("play")).to_have_text("Play")
        await expect(ada.see("play")).to_be_enabled()
        await ada.page.reload()
        await expect(ada.see("play")).to_have_text("Spielen")


async def test_a_browser_that_does_not_know_modules_is_told_so(visit: Visit) -> None:
    async with visit() as ada:
        await ada.page.clock.install()

        async def unknown(route: Route) -> None:
            """The page as an old browser takes it: it passes over scripts of unknown types."""
            page = await (await route.fetch()).text()
            await route.fulfill(
                response=await route.fetch(), body=page.replace('<script type="module"', '<script type="new"')
            )

        await ada.page.route("**/", unknown)
        await ada.page.goto("/")
        await ada.page.clock.run_for(8_000)
        await expect(ada.see("not-loaded")).to_contain_text("the browser may be too old")


@pytest.mark.parametrize("path", ["/", "/games/{game}"], ids=["start", "game"])
async def test_a_page_whose_script_goes_wrong_says_so(visit: Visit, site: Api, path: str) -> None:
    """As in a browser that does not know a function that the script calls."""
    async with visit() as ada:
        await ada.page.add_init_script("delete Element.prototype.replaceChildren")
        ada.complaints.expect("replaceChildren")
        async with ada.page.expect_event("pageerror", lambda error: "replaceChildren" in str(error)):
            await ada.page.goto(path.format(**await site.create()))
        await expect(ada.see("not-loaded")).to_contain_text("the browser may be too old")


@pytest.mark.parametrize(
    ("part", "before"), [("game-*.js*", ""), ("de-*.json*", CHOSEN)], ids=["script", "words"]
)
async def test_what_fails_a_few_times_is_asked_for_again(
    visit: Visit, site: Api, part: str, before: str
) -> None:
    async with visit() as ada:
        await ada.page.add_init_script(before)
        game = (await site.create())["game"]
        await refuse(ada, f"**/static/{part}", times=3)
        await ada.open(game)
        await expect(ada.see("join")).to_be_visible()
        await expect(ada.see("not-loaded")).to_have_count(0)


OPTIONAL = ("attention", "keys", "log", "sound", "timings")


@pytest.mark.parametrize("part", OPTIONAL)
async def test_a_game_is_played_without_any_part_that_can_be_missing(sit: Sit, part: str) -> None:
    async def without(visitor: Visitor) -> None:
        await refuse(visitor, f"**/static/{part}-*")

    async with sit(before=without) as (ada, grace, _):
        await ada.drop(0)
        await grace.hear_version(5)
        await grace.move(1)
        await ada.at(6)
        if part != "keys":
            await ada.page.keyboard.press("3")
            await ada.at(7)
        if part != "log":
            await expect(ada.see("moves").get_by_role("button")).not_to_have_count(0)
        await ada.see("open-menu").click()
        await expect(ada.see("menu")).to_be_visible()
        await expect(ada.see("sound")).to_be_hidden() if part == "sound" else None
        await ada.see("close-menu").click()
        await ada.page.unroute_all()
        if part == "sound":
            await asyncio.gather(*(expect(ada.see(name)).to_be_visible() for name in ("board", "status")))


async def test_what_somebody_asks_for_comes_though_it_failed_at_first(visit: Visit) -> None:
    async with visit(viewport={"width": 1280, "height": 800}) as ada:
        parts = ("pass_on", "menu", "inspector", "explain")
        refused = [await refuse(ada, f"**/static/{part}-*", times=2) for part in parts]
        await ada.create()
        await ada.see("copy-invite").click()
        await ada.told("copy-invite", "Copied")
        await ada.see("open-menu").click()
        await ada.see("close-menu").click()
        await ada.see("tab-events").click()
        await expect(ada.see("events")).to_contain_text("GameCreated")
        await ada.page.keyboard.press("b")
        await expect(ada.see("live")).to_contain_text("The board is empty")
        assert [len(each) for each in refused] == [2] * len(parts)


async def test_who_asks_for_a_part_that_is_slow_or_gone_is_told_so(sit: Sit) -> None:
    async with sit() as (ada, _, _):
        await ada.page.clock.install()
        ada.complaints.expect(*REFUSED)
        await ada.page.route("**/static/menu-*", lambda route: route.fulfill(status=404))
        await ada.see("open-menu").click()
        await ada.page.clock.run_for(1_000)
        await ada.told("status", "on its way")
        while not await ada.see("notice").is_visible():
            await ada.page.clock.run_for(2_000)
            await ada.page.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")
        await expect(ada.see("notice")).to_contain_text("The server has a newer page")
        await expect(ada.see("notice").get_by_role("button", name="Reload")).to_be_visible()
        await ada.page.unroute("**/static/menu-*")
        await ada.page.clock.run_for(2_000)
        await expect(ada.see("menu")).to_be_visible()
        await expect(ada.see("notice")).to_be_hidden()


@pytest.fixture
async def other_release(tmp_path: Path, cluster: Cluster) -> AsyncIterator[str]:
    """The URL of a server of another release, with one export renamed."""
    for folder in ("server", "static"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (tmp_path / "static").rglob("*.js"):
        source = await asyncio.to_thread(script.read_text)
        await asyncio.to_thread(script.write_text, source.replace("setText", "setOtherText"))
    async with cluster.database() as name:
        urls = {"DATABASE_URL": cluster.url_of(name), "REDIS_URL": cluster.redis_url}
        with command({"PORT": "0", **urls}, tmp_path) as server:
            yield await asyncio.to_thread(server.wait_for_address)


@contextlib.asynccontextmanager
async def balancer(choose: Callable[[str], str]) -> AsyncIterator[str]:
    """The URL of a proxy that asks `choose`, given a path, which server answers each single request."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A browser opens connections in advance, and closes those that it does not use.
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            server = urlsplit(choose(head.split()[1]))
            there, back = await asyncio.open_connection(server.hostname, server.port)
            back.write(head.replace("Connection: keep-alive", "Connection: close").encode("latin-1"))
            await asyncio.gather(pipe(reader, back), pipe(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def test_a_page_comes_whole_from_two_releases_behind_one_address(
    visit: Visit, site: Api, other_release: str
) -> None:
    """Each request goes to either, as it happens while a release is rolled out."""
    chance = random.Random(1)
    answered = []

    def choose(path: str) -> str:
        whole = path.startswith(("/api/", "/ws/"))  # what happens in the game, happens at one of them
        answered.append(site.url if whole else chance.choice([site.url, other_release]))
        return answered[-1]

    same = {"id": str(uuid4()), "token": secrets.token_urlsafe(32)}
    for each in (site.url, other_release):  # each has a database of its own, and the game in it
        async with client(each) as http:
            game = (await http.post("/api/games", json=same)).json()["game"]
    async with balancer(choose) as url, visit(base_url=url) as ada:
        missing = []
        ada.page.on("response", lambda answer: missing.append(answer.url) if answer.status == 404 else None)
        ada.complaints.expect("404")
        for _ in range(6):
            await ada.page.goto("/")
            await expect(ada.see("play")).to_be_enabled()
            await ada.see("open-menu").click()
            await expect(ada.see("menu")).to_be_visible()
            await ada.open(game)
            await expect(ada.see("join")).to_be_visible()
            await ada.see("open-menu").click()
            await expect(ada.see("menu")).to_be_visible()
        assert set(answered) == {site.url, other_release}
        assert missing
