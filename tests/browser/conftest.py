"""Real Chromium in front of a real `connect4` process."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.visitor import REMEMBER, Visitor, find_chromium
from tests.support.absent import absent
from tests.support.player import PATIENCE, Api, Socket, client
from tests.support.serving import Command


class Table(NamedTuple):
    """A game at version 4: a page at one seat, and a player without a browser at the other."""

    player: Visitor
    opponent: Socket
    game: str


TIMEOUT = 1_000 * PATIENCE
"""Time limit for what a page is to show, in ms. Only a test that fails waits so long."""
expect.set_options(timeout=TIMEOUT)

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]
Sit = Callable[..., AbstractAsyncContextManager[Table]]
NAMES = {"yellow": "Ada", "red": "Grace"}

ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--renderer-process-limit=1",
]
"""No traffic of Chromium's own, because the tests need no network; pages of a profile share a process."""
CALM: dict[str, Any] = {"viewport": {"width": 900, "height": 600}, "reduced_motion": "reduce"}
"""Options of a page where a test names no others. It paints little, for want of a graphics card."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Without it these tests are skipped, but not in CI."""
    if found := find_chromium():
        return found
    absent("Chromium was not found; install it, or name it with CHROMIUM=…")


@pytest.fixture(scope="session")
async def site(site_process: Command) -> AsyncIterator[Api]:
    """The same server for a client that is no browser."""
    async with client(site_process.url) as http:
        yield Api(site_process.url, http)


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=ARGUMENTS + sandbox, timeout=TIMEOUT
        )
        yield browser
        await browser.close()


@pytest.fixture
def visit(browser: Browser, site: Api) -> Visit:
    """`async with visit() as ada:` is a visitor with a browser profile of their own.

    Fails at the end where the page wrote a warning or an error into the console.
    """

    @contextlib.asynccontextmanager
    async def visit(**options: Any) -> AsyncIterator[Visitor]:
        context = await browser.new_context(**({"base_url": site.url} | CALM | options))
        context.set_default_timeout(TIMEOUT)
        await context.add_init_script(REMEMBER)
        try:
            visitor = Visitor(await context.new_page(), site.url)
            yield visitor
            assert visitor.complaints == []
        finally:
            await context.close()

    return visit


@pytest.fixture
def sit(visit: Visit, site: Api) -> Sit:
    """`async with sit() as (ada, grace, game):` is a page that joined as yellow, its opponent and their game.

    A page costs a hundred times as much as a socket, so a test opens only those that it looks at. `before` is
    called with the page before it is opened; other options are those of `visit`.
    """

    @contextlib.asynccontextmanager
    async def sit(
        seat: str = "yellow",
        *,
        name: str = "",
        opponent: str = "",
        before: Callable[[Visitor], Awaitable[None]] | None = None,
        **options: Any,
    ) -> AsyncIterator[Table]:
        other = "red" if seat == "yellow" else "yellow"
        created = await site.create(other, opponent or NAMES[other])
        game = created["game"]
        async with visit(**options) as visitor, site.seated(game, created["token"]) as socket:
            if before:
                await before(visitor)
            await visitor.join(game, name or NAMES[seat])
            await socket.hear_version(4)
            yield Table(visitor, socket, game)

    return sit
