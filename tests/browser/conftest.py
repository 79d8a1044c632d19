"""Real Chromium in front of a real `connect4` process."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import Visitor, find_chromium
from tests.support.absent import absent
from tests.support.player import Api
from tests.support.serving import Command

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]

ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--renderer-process-limit=1",
]
"""Chromium's own traffic is switched off: the tests need no network. All pages are of one process."""
CALM: dict[str, Any] = {"viewport": {"width": 900, "height": 600}, "reduced_motion": "reduce"}
"""Where a test asks for nothing else little is painted: without a graphics card that takes long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
async def _without_debugging() -> AsyncIterator[None]:
    """The server is another process: what would be debugged here is the driver of the browser."""
    loop = asyncio.get_running_loop()
    debugging = loop.get_debug()
    loop.set_debug(False)
    yield
    loop.set_debug(debugging)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without it these tests are skipped, but not in CI."""
    if found := find_chromium():
        return found
    absent("Chromium was not found; install it, or name it with CHROMIUM=…")


@pytest.fixture(scope="session")
async def site(site_process: Command) -> AsyncIterator[Api]:
    """That server, for who is no browser."""
    async with httpx.AsyncClient(base_url=site_process.url) as client:
        yield Api(site_process.url, client)


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + sandbox)
        yield browser
        await browser.close()


@pytest.fixture
def visit(browser: Browser, site: Api) -> Visit:
    """`async with visit() as ada:` is a visitor with a browser profile of their own.

    At the end nothing may have been complained of in the console.
    """

    @contextlib.asynccontextmanager
    async def visit(**options: Any) -> AsyncIterator[Visitor]:
        context = await browser.new_context(base_url=site.url, **(CALM | options))
        context.set_default_timeout(10_000)
        try:
            visitor = Visitor(await context.new_page(), site.url)
            yield visitor
            assert visitor.complaints == []
        finally:
            await context.close()

    return visit
