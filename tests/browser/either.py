"""Somebody with a browser, whichever it is: the same steps in Chromium and in Firefox."""

import asyncio
import contextlib
import io
from typing import Any, Protocol

from PIL import Image
from playwright.async_api import Error, Page, Route

from tests.browser.bidi import BidiError
from tests.browser.complaints import Complaints
from tests.browser.painted import discs
from tests.support.player import PATIENCE


class Tab(Protocol):
    """What is needed of a browser. `complaints` are warnings and errors in the console, `refused` the
    addresses of requests that `refuse` had fail."""

    complaints: Complaints
    refused: list[str]

    async def open(self, url: str) -> None: ...

    async def reload(self) -> None: ...

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited where it is a promise."""

    async def click(self, x: float, y: float, times: int = 1) -> None:
        """Click at a point of the window, so many times as fast as it can be done."""

    async def press(self, *keys: str) -> None:
        """Press keys one after the other: characters, or names such as Enter."""

    async def picture(self) -> bytes:
        """What is painted in the window, as a PNG."""

    async def refuse(self, part: str, times: int) -> None:
        """Have requests whose address has `part` in it fail, so many times."""


class ChromiumTab:
    """A page of Playwright's."""

    def __init__(self, page: Page, complaints: Complaints) -> None:
        self._page, self.complaints = page, complaints
        self.refused: list[str] = []

    async def open(self, url: str) -> None:
        await self._page.goto(url)

    async def reload(self) -> None:
        await self._page.reload()

    async def evaluate(self, expression: str) -> Any:
        return await self._page.evaluate(expression)

    async def click(self, x: float, y: float, times: int = 1) -> None:
        await self._page.mouse.click(x, y, click_count=times)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._page.keyboard.press(key)

    async def picture(self) -> bytes:
        return await self._page.screenshot()

    async def refuse(self, part: str, times: int) -> None:
        async def abort(route: Route) -> None:
            self.refused.append(route.request.url)
            await route.abort()

        await self._page.route(lambda url: part in url, abort, times=times)


class Somebody:
    """A player with a tab: looks for things by their `data-testid`, clicks and types."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    async def until(self, expression: str) -> Any:
        """The value of a JavaScript expression once it is true. Whatever page there is by then will do."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(Error, BidiError):  # while one page goes and another comes
                    if value := await self.tab.evaluate(expression):
                        return value
                await asyncio.sleep(0.05)

    async def sees(self, name: str, words: str = "") -> None:
        """Wait until the element is there, with these words in it."""
        there = f"{_element(name)}?.checkVisibility() && {_element(name)}.textContent.includes({words!r})"
        try:
            await self.until(there)
        except TimeoutError as error:
            seen = await self.tab.evaluate("document.body.innerText")
            raise AssertionError(f"{name} with {words!r} is not there, but:\n{seen}") from error

    async def click(self, name: str, times: int = 1) -> None:
        """Click into the middle of the element."""
        await self.tab.click(*await self.middle(name), times)

    async def middle(self, name: str) -> tuple[float, float]:
        """The middle of the element, once nothing is in front of it and it stays where it is."""
        found = f"""((element) => {{
            if (!element || element.ariaDisabled === "true" || element.disabled) return null;
            element.scrollIntoView({{ block: "nearest" }});
            const {{ x, y, width, height }} = element.getBoundingClientRect();
            const at = [x + width / 2, y + height / 2];
            return element.contains(document.elementFromPoint(...at)) ? at : null;
        }})({_element(name)})"""
        before, at = None, await self.until(found)
        while at != before:
            await asyncio.sleep(0.05)
            before, at = at, await self.until(found)
        x, y = at
        return x, y

    async def fill(self, name: str, words: str) -> None:
        await self.until(f"{_element(name)}?.checkVisibility()")
        await self.tab.evaluate(f"{_element(name)}.select()")
        await self.tab.press(*words)

    async def create(self, site: str, name: str, seat: str = "yellow") -> str:
        """Open a game and take this seat; returns its address."""
        await self.tab.open(f"{site}/")
        await self.fill("name", name)
        await self.tab.evaluate(f"{_element(f'seat-{seat}')}.click()")
        await self.click("play")
        await self.until("location.pathname.startsWith('/games/')")
        await self.live()
        return str(await self.tab.evaluate("location.href"))

    async def live(self) -> None:
        await self.until(f"{_element('connection')}?.dataset.state === 'live'")

    async def at(self, version: int) -> None:
        """Wait until the board shows `version`, with nothing pending, and may be played on."""
        board = _element("board")
        await self.until(f"{board}?.dataset.version === '{version}' && {board}.dataset.pending === '0'")
        await self.until("!document.querySelector('[data-settling]')")

    async def board(self) -> tuple[str, str]:
        """The board as it is said to be, and as it is painted: rows from the top, joined by `/`."""
        said = await self.tab.evaluate(f"{_element('board')}.dataset.board")
        edges = await self.tab.evaluate(
            "(({ left, top, right, bottom }) => [left, top, right, bottom].map(Math.round))"
            f"({_element('board')}.getBoundingClientRect())"
        )
        picture = Image.open(io.BytesIO(await self.tab.picture()))
        return said, discs(picture.crop(tuple(edges)))


def _element(name: str) -> str:
    return f"""document.querySelector('[data-testid="{name}"]')"""
