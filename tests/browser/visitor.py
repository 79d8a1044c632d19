"""A visitor with a browser, who clicks, types and looks."""

import asyncio
import json
import os
import re
import shutil

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from tests.browser.complaints import Complaints
from tests.support.player import PATIENCE, Socket

REMEMBER = """
window.told = {};
new MutationObserver(() => {
    const tell = (name, words) => (told[name] ??= new Set()).add(words);
    for (const name of ["banner", "status", "copy-invite"]) {
        const element = document.querySelector(`[data-testid="${name}"]`);
        if (element && !element.hidden) tell(name, element.textContent);
    }
    const clock = document.querySelector("#player-yellow .clock[data-running=true]");
    if (clock?.dataset.low === "true") tell("low", clock.querySelector(".figures").textContent);
}).observe(document, {
    attributeFilter: ["hidden", "data-running", "data-low"],
    characterData: true,
    childList: true,
    subtree: true,
});
"""
"""Has a page remember what is said where it is shown for seconds: who is busy may look too late."""
LOW_CLOCK = r"[...(told.low ?? [])].some((figures) => /^\d\.\d$/.test(figures))"
"""An expression that is true once yellow's clock has run low, which it did in tenths of a second."""

FETCH = """
(parts) => Promise.all(parts.map((part) => {
    const script = document.querySelector("script[type=module]").src;
    return import(new URL(connect4.parts[`${part}.js`], script));
}))
"""
"""Resolves when parts have come that the page fetches by itself, too."""


def told(name: str, words: str) -> str:
    """An expression that is true once such a place has said these words."""
    return f"[...(told[{json.dumps(name)}] ?? [])].some((said) => said.includes({json.dumps(words)}))"


class Visitor:
    """One page. `complaints` are its exceptions, and warnings and errors that it wrote into the console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints = Complaints()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.hear(str(error)))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.complaints.hear(f"{message.type}: {message.text}")

    def see(self, name: str) -> Locator:
        """The element marked with this `data-testid`."""
        return self.page.get_by_test_id(name)

    @property
    def game(self) -> str:
        """The id of the game that is open."""
        return self.page.url.rsplit("/games/", 1)[1].split("#")[0]

    async def create(self, name: str = "Ada", seat: str = "yellow") -> str:
        """Open a game from the start page; returns its id."""
        await self.page.goto("/")
        await self.see("name").fill(name)
        await self.see(f"seat-{seat}").check(force=True)
        await self.see("play").click()
        await self.page.wait_for_url("**/games/*")
        await self.live()
        return self.game

    async def open(self, game: str) -> None:
        await self.page.goto(f"/games/{game}")
        await self.live()

    async def join(self, game: str, name: str = "Grace") -> None:
        """Follow an invitation."""
        await self.open(game)
        await self.see("join-name").fill(name)
        await self.see("join").click()
        await self.at(4)

    async def live(self) -> None:
        await expect(self.see("connection")).to_have_attribute("data-state", "live")

    async def drop(self, column: int) -> None:
        """Click a column, 0–6."""
        await self.see(f"column-{column}").click()

    async def at(self, version: int) -> None:
        """Wait until the board shows `version`, with nothing pending."""
        await expect(self.see("board")).to_have_attribute("data-version", str(version))
        await expect(self.see("board")).to_have_attribute("data-pending", "0")

    async def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true. Playwright's own way needs `unsafe-eval`."""
        async with asyncio.timeout(PATIENCE):
            while not await self.page.evaluate(expression):
                await asyncio.sleep(0.05)

    async def told(self, name: str, words: str) -> None:
        """Wait until the element has said these words, be it for a moment."""
        await self.until(told(name, words))

    async def mean(self, name: str) -> None:
        """Press a button that asks first, and again at once: by the clock its question is taken back."""
        await expect(self.see(name)).to_be_visible()
        await self.see(name).evaluate("(button) => { button.click(); button.click(); }")

    async def parts(self, *names: str) -> None:
        """Wait until these modules have come, which are not needed to play, such as `views/sound`."""
        await self.page.evaluate(FETCH, names)

    async def invitation(self, name: str = "invite") -> str:
        """The link to hand on, once it is there; `watch` is for that to watch."""
        await expect(self.see(f"{name}-link")).not_to_have_value("")
        return await self.see(f"{name}-link").input_value()

    async def board(self) -> tuple[str, str]:
        """The board that is shown: its rows from the top, joined by `/`, and the moves."""
        board = self.see("board")
        return await board.get_attribute("data-board") or "", await board.get_attribute("data-moves") or ""

    async def token(self) -> str:
        """The secret that this tab keeps for its seat."""
        kept = "JSON.stringify([{...localStorage, 'connect4.player': ''}, {...sessionStorage}])"
        return token_in(await self.page.evaluate(kept))


async def play(yellow: Visitor | Socket, red: Visitor | Socket, moves: str, version: int = 4) -> None:
    """Have the two make `moves`, columns from 1, by turns, beginning at `version` of the game."""
    for at, column in enumerate(moves, version):
        mover = red if at % 2 else yellow
        if isinstance(mover, Visitor):
            await mover.at(at)
            await mover.drop(int(column) - 1)
        else:
            await mover.hear_version(at)
            assert (await mover.move(int(column) - 1))["type"] == "accepted"


def assert_missing(visitor: Visitor) -> None:
    """The page was missing: the one complaint since is that of the browser itself, and does not count."""
    [complaint] = visitor.complaints
    assert "Failed to load resource: the server responded with a status of 404" in complaint
    visitor.complaints.clear()


def find_chromium() -> str | None:
    """The path of Chromium, or None; CHROMIUM names another.

    The headless shell comes first: the same engine without a window around the page, and twice as fast.
    """
    names = (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    )
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def token_in(text: str) -> str:
    """The one token in `text`."""
    [token] = set(re.findall(r"[\w-]{43}", text))
    return str(token)
