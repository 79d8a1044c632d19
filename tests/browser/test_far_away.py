"""A game's page from far away: few requests, few bytes, and nothing that waits for what it need not.

Times are not asserted: `python -m tests.browser.far_away` measures them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from playwright.async_api import Route

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Visit
from tests.browser.painted import painted
from tests.browser.visitor import Visitor, play
from tests.support.gateway import Gateway, Sockets
from tests.support.player import PATIENCE, Api, Socket

FIRST = 12
"""Most requests of a first visit, with all that comes after the board."""
AGAIN = 3
"""Most requests of a visit after that."""
BYTES = 39 * 1024
"""Most bytes of the page and its script as they are sent, compressed."""
UNCHANGED = 1024
"""Most bytes of an answer that says that the page is as it was."""
SIZES = """
["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
    .filter(({ name, entryType }) => entryType === "navigation" || /game-\\w+\\.js/.test(name))
    .map(({ transferSize }) => transferSize)
"""
"""What came over the network for the page and for its script, in bytes."""


@contextlib.asynccontextmanager
async def watched(visit: Visit, site: Api) -> AsyncIterator[tuple[Gateway, Visitor, str, Socket, Socket]]:
    """A game after two moves, its players, and somebody behind a gateway who has not opened it yet."""
    game, yellow, red = await site.start()
    async with (
        Gateway(site.url).listening() as gateway,
        visit(base_url=gateway.url) as eve,
        site.seated(game, yellow) as ada,
        site.seated(game, red) as grace,
    ):
        await play(ada, grace, "12")
        yield gateway, eve, game, ada, grace


def at_once(gateway: Gateway) -> list[str]:
    """The requests so far, without those of a page whose connection does not come for ten seconds."""
    sockets = [path for path in gateway.requests if "/ws/" in path]
    others = [path for path in gateway.requests if "/ws/" not in path]
    return sockets[:1] + [path for path in others if "/events?" not in path and "/handshake?" not in path]


async def test_a_first_visit_takes_little_and_the_socket_and_the_script_come_side_by_side(
    visit: Visit, site: Api
) -> None:
    async with watched(visit, site) as (gateway, eve, game, _, _):
        asked = asyncio.Event()
        eve.page.on("websocket", lambda _: asked.set())

        async def after_the_socket(route: Route) -> None:
            async with asyncio.timeout(PATIENCE):
                await asked.wait()
            await route.continue_()

        await eve.page.route("**/static/game-*.js", after_the_socket)
        await eve.open(game)
        await eve.at(6)
        sizes = await eve.page.evaluate(SIZES)
        await eve.page.wait_for_load_state("networkidle")
        assert len(sizes) == 2
        assert sum(sizes) <= BYTES
        assert len(at_once(gateway)) <= FIRST, gateway.requests
        assert len([path for path in gateway.requests if "/ws/" in path]) == 1


async def test_the_board_needs_the_page_its_script_and_the_socket_alone(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with visit() as eve, site.seated(game, yellow) as ada, site.seated(game, red) as grace:
        await play(ada, grace, "12")

        eve.complaints.expect(*REFUSED)

        async def only_the_script(route: Route) -> None:
            name = urlsplit(route.request.url).path.rpartition("/")[2]
            await (route.continue_() if name.startswith("game-") else route.abort())

        await eve.page.route("**/static/**", only_the_script)
        await eve.page.route("**/api/**", lambda route: route.abort())
        await eve.open(game)
        await eve.at(6)
        assert await painted(eve.page) == "......./......./......./......./......./YR....."


async def test_another_visit_shows_the_board_at_once_and_then_what_has_become_of_it(
    visit: Visit, site: Api
) -> None:
    async with watched(visit, site) as (gateway, eve, game, ada, grace):
        await eve.open(game)
        await eve.at(6)
        await eve.page.wait_for_load_state("networkidle")
        await eve.page.goto("about:blank")
        await play(ada, grace, "3", version=6)
        gateway.requests.clear()
        eve.complaints.expect(*REFUSED)
        gateway.sockets = Sockets.SWALLOWED
        await eve.page.goto(f"/games/{game}")
        await eve.at(6)
        assert await painted(eve.page) == "......./......./......./......./......./YR....."
        page, script = await eve.page.evaluate(SIZES)
        assert page <= UNCHANGED
        assert script == 0
        assert len(at_once(gateway)) <= AGAIN, gateway.requests
        gateway.sockets = Sockets.PASSED
        await gateway.drop()
        await eve.live()
        await eve.at(7)
        [*_, socket] = [path for path in gateway.requests if "/ws/" in path]
        assert "after=6&last=" in socket
