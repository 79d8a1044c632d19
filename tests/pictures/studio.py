"""The browser windows and players of one picture, and the states by their names."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser

from tests.browser.visitor import Visitor, play
from tests.support.player import Api, Socket

WON, DRAWN = "12234334544", "773536213355643211576164565614277172224443"
"""Games: yellow has four in a rising line; nobody has, and the last move fills the board."""


class Studio(contextlib.AsyncExitStack):
    """Everything that one picture needs; it is closed afterwards."""

    def __init__(self, browser: Browser, site: Api, options: dict[str, Any]) -> None:
        super().__init__()
        self.browser, self.site, self.options = browser, site, options

    async def visitor(self, **options: Any) -> Visitor:
        context = await self.browser.new_context(
            base_url=self.site.url, reduced_motion="reduce", **(self.options | options)
        )
        self.push_async_callback(context.close)
        return Visitor(await context.new_page(), self.site.url)

    async def seated(self, game: str, token: str) -> Socket:
        return await self.enter_async_context(self.site.seated(game, token))

    async def table(
        self,
        moves: str = "",
        *,
        seat: str = "yellow",
        before: Callable[[Visitor], Awaitable[None]] | None = None,
        clock: dict[str, int] | None = None,
        **options: Any,
    ) -> tuple[Visitor, Socket]:
        """A page that sits at `seat`, and its opponent, after `moves`."""
        yellow = seat == "yellow"
        other, name = ("red", "Grace") if yellow else ("yellow", "Ada")
        created = await self.site.create(other, name, clock=clock)
        visitor = await self.visitor(**options)
        opponent = await self.seated(created["game"], created["token"])
        if before:
            await before(visitor)
        await visitor.join(created["game"], "Ada" if yellow else "Grace")
        await play(visitor if yellow else opponent, opponent if yellow else visitor, moves)
        await visitor.at(version_after(moves))
        return visitor, opponent

    async def watched(self, moves: str, **options: Any) -> Visitor:
        """A page that watches a game after `moves`."""
        game, yellow, red = await self.site.start()
        await play(await self.seated(game, yellow), await self.seated(game, red), moves)
        visitor = await self.visitor(**options)
        await visitor.open(game)
        await visitor.at(version_after(moves))
        return visitor


def version_after(moves: str) -> int:
    """The version of a game after `moves`, with its end where they are all."""
    return 4 + len(moves) + (moves in (WON, DRAWN))


State = Callable[[Studio], Awaitable[Visitor]]
"""Opens a page, in a state to be looked at."""


class States(dict[str, State]):
    """States by their names, in the order in which they are shown."""

    def add(self, function: State) -> State:
        """Note `function` under its own name."""
        self[function.__name__.replace("_", "-")] = function
        return function
