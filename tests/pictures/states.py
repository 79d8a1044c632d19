"""The pages and states that there are pictures of: each function opens one."""

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, WebSocketRoute, expect

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
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__.replace("_", "-")] = function
    return function


@state
async def start(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/")
    await expect(visitor.see("play")).to_have_text("Play")
    return visitor


@state
async def start_rated(studio: Studio) -> Visitor:
    visitor = await start(studio)
    await visitor.see("listed").check(force=True)
    await visitor.see("rated").check(force=True)
    return visitor


@state
async def start_german(studio: Studio) -> Visitor:
    visitor = await studio.visitor(locale="de")
    await visitor.page.goto("/")
    await expect(visitor.see("play")).to_have_text("Spielen")
    return visitor


@state
async def invitation(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.at(2)
    await expect(visitor.see("qr")).to_be_visible()
    return visitor


@state
async def invited(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.open((await studio.site.create())["game"])
    await expect(visitor.see("join")).to_be_visible()
    return visitor


@state
async def waiting(studio: Studio) -> Visitor:
    visitor = await invited(studio)
    await visitor.see("watch").click()
    return visitor


@state
async def just_started(studio: Studio) -> Visitor:
    visitor, _ = await studio.table()
    return visitor


@state
async def my_turn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    await visitor.see("column-4").hover()
    return visitor


@state
async def their_turn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7])
    return visitor


@state
async def move_under_way(studio: Studio) -> Visitor:
    held = False

    def route(socket: WebSocketRoute) -> None:
        upstream = socket.connect_to_server()
        socket.on_message(lambda frame: None if held and '"move"' in str(frame) else upstream.send(frame))

    visitor, _ = await studio.table(
        WON[:6], before=lambda each: each.page.route_web_socket("**/ws/games/**", route)
    )
    held = True
    await visitor.drop(3)
    return visitor


@state
async def looking_back(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:7])
    await visitor.see("go-previous").click()
    await visitor.see("go-previous").click()
    await opponent.move(2)
    await expect(visitor.see("go-live")).to_contain_text("new")
    return visitor


@state
async def won(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON)
    return visitor


@state
async def lost(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON, seat="red")
    return visitor


@state
async def drawn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(DRAWN)
    return visitor


@state
async def resigned(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    for _ in range(2):
        await visitor.see("resign").click()
    await expect(visitor.see("new-game")).to_be_visible()
    return visitor


BLITZ = {"initial": 180, "increment": 2}


@state
async def start_own_clock(studio: Studio) -> Visitor:
    visitor = await start(studio)
    await visitor.see("clock").select_option("own")
    return visitor


@state
async def invited_timed(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.open((await studio.site.create(clock=BLITZ))["game"])
    await expect(visitor.see("terms")).to_be_visible()
    return visitor


@state
async def first_move(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(clock=BLITZ)
    return visitor


@state
async def timed(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7], clock=BLITZ)
    return visitor


@state
async def time_low(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8], clock={"initial": 10, "increment": 0})
    await expect(visitor.page.locator(".clock[data-low='true']")).to_be_visible(timeout=10_000)
    return visitor


@state
async def draw_offered(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ)
    await opponent.ask("offer_draw")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@state
async def takeback_asked(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7], clock=BLITZ)
    await visitor.see("offer-takeback").click()
    await expect(visitor.see("status")).to_contain_text("You ask")
    return visitor


@state
async def takeback_offered_german(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ, locale="de")
    await opponent.ask("offer_takeback")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@state
async def taken_back(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8])
    await opponent.ask("offer_takeback")
    await visitor.see("accept").click()
    await visitor.at(14)
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("moves").wait_for()
    return visitor


@state
async def claim(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ)
    await opponent.connection.close()
    await expect(visitor.see("claim")).to_be_visible(timeout=20_000)
    return visitor


@state
async def rematch_wanted(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON)
    await opponent.ask("offer_rematch")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@state
async def second_game_german(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON, clock=BLITZ, locale="de")
    first = visitor.game
    await opponent.ask("offer_rematch")
    await visitor.see("accept").click()
    await visitor.page.wait_for_url(lambda url: first not in url)
    await expect(visitor.page.locator(".score b").first).to_be_visible()
    return visitor


@state
async def won_german(studio: Studio) -> Visitor:
    return await studio.watched(WON, locale="de")


@state
async def spectator(studio: Studio) -> Visitor:
    return await studio.watched(WON[:8])


@state
async def menu(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    await visitor.see("open-menu").click()
    await expect(visitor.see("menu")).to_be_visible()
    return visitor


@state
async def inspector(studio: Studio) -> Visitor:
    visitor = await studio.watched(WON[:8])
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("tab-events").click()
    await visitor.see("events").locator("dl").wait_for()
    await visitor.see("events").locator(".event").nth(2).click()
    return visitor


@state
async def log_open(studio: Studio) -> Visitor:
    visitor = await studio.watched(DRAWN[:27])
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("moves").wait_for()
    return visitor


async def analysed(studio: Studio, moves: str, **options: Any) -> Visitor:
    """The page of a game that is over, which knows its turning point."""
    visitor, _ = await studio.table(moves, **options)
    await visitor.see("analyse").click()
    await expect(visitor.see("turn")).to_have_attribute("aria-disabled", "false", timeout=20_000)
    return visitor


@state
async def analysis(studio: Studio) -> Visitor:
    return await analysed(studio, DRAWN)


@state
async def analysis_of_a_move(studio: Studio) -> Visitor:
    visitor = await analysed(studio, DRAWN)
    await visitor.see("marks").locator("[data-kind=lost]").last.click()
    return visitor


@state
async def analysis_german(studio: Studio) -> Visitor:
    visitor = await analysed(studio, DRAWN, locale="de")
    await visitor.see("turn").click()
    return visitor


@state
async def analysis_stopped(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON, seat="red")
    await visitor.see("analyse").click()
    await visitor.see("solve").click()
    await visitor.see("go-first").click()
    return visitor


@state
async def continuing(studio: Studio) -> Visitor:
    visitor = await analysis_of_a_move(studio)
    await visitor.see("from-here").click()
    await expect(visitor.see("fork")).to_be_visible()
    return visitor


@state
async def continued(studio: Studio) -> Visitor:
    visitor = await continuing(studio)
    parent = visitor.game
    await visitor.see("fork-start").click()
    await visitor.page.wait_for_url(lambda url: parent not in url)
    await expect(visitor.see("lineage")).to_be_visible()
    return visitor


@state
async def continuing_german(studio: Studio) -> Visitor:
    visitor = await studio.watched(WON[:8], locale="de")
    await visitor.see("go-previous").click()
    await visitor.see("continue").click()
    await expect(visitor.see("fork")).to_be_visible()
    return visitor


@state
async def reconnecting(studio: Studio) -> Visitor:
    sockets: list[WebSocketRoute] = []
    down = False

    async def route(socket: WebSocketRoute) -> None:
        if down:
            await socket.close()
        else:
            sockets.append(socket)
            socket.connect_to_server()

    visitor, _ = await studio.table(
        WON[:8], before=lambda each: each.page.route_web_socket("**/ws/games/**", route)
    )
    await visitor.page.route("**/api/handshake?*", lambda asked: asked.fulfill(json={"allowed": True}))
    down = True
    await sockets[-1].close()
    await expect(visitor.see("banner")).to_be_visible()
    return visitor


@state
async def second_tab(studio: Studio) -> Visitor:
    first, _ = await studio.table(WON[:8])
    visitor = Visitor(await first.page.context.new_page(), first.url)
    await visitor.open(first.game)
    await expect(visitor.see("notice")).to_be_visible()
    return visitor


@state
async def not_loaded(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.clock.install()
    await visitor.page.route("**/static/start-*.js*", lambda asked: asked.abort())
    await visitor.page.goto("/", wait_until="domcontentloaded")
    await visitor.page.clock.run_for(8_000)
    await expect(visitor.see("not-loaded")).to_be_visible()
    return visitor


@state
async def no_such_game(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/games/nonsense")
    await visitor.page.get_by_role("link").first.wait_for()
    return visitor


@state
async def no_such_page(studio: Studio) -> Visitor:
    visitor = await studio.visitor(locale="de")
    await visitor.page.goto("/nonsense")
    await visitor.page.get_by_role("link").first.wait_for()
    return visitor


async def _become(studio: Studio, name: str) -> dict[str, Any]:
    return dict((await studio.site.http.post("/api/players", json={"name": name})).json())


async def _rated(studio: Studio, ada: dict[str, Any], grace: dict[str, Any], moves: str) -> None:
    """A rated game of the two, which the second resigns unless all is played."""
    http, headers = studio.site.http, [{"authorization": f"Bearer {who['secret']}"} for who in (ada, grace)]
    body = {"seat": "yellow", "listed": True, "rated": True}
    created = (await http.post("/api/games", json=body, headers=headers[0])).json()
    joined = (await http.post(f"/api/games/{created['game']}/players", headers=headers[1])).json()
    yellow = await studio.seated(created["game"], created["token"])
    red = await studio.seated(created["game"], joined["token"])
    await play(yellow, red, moves)
    if moves not in (WON, DRAWN):
        await red.ask("resign")


async def _profile(studio: Studio, **options: Any) -> Visitor:
    """The page of a player with some games."""
    ada, grace = await _become(studio, "Ada"), await _become(studio, "Augusta Ada King, Lady Lovelace")
    for moves in (WON, DRAWN, WON[:8]):
        await _rated(studio, ada, grace, moves)
    await _rated(studio, grace, ada, WON)
    visitor = await studio.visitor(**options)
    await visitor.page.goto("/standings")
    kept = json.dumps(json.dumps(ada))
    await visitor.page.evaluate(f"localStorage.setItem('connect4.player', {kept})")
    await visitor.create()
    for _ in range(20):  # until all is in the lists
        await visitor.page.goto("/me")
        await visitor.see("rename").wait_for()
        if await visitor.see("game-card").count() == 5:
            break
    return visitor


@state
async def profile(studio: Studio) -> Visitor:
    visitor = await _profile(studio)
    player = await visitor.see("profile").get_attribute("data-player")
    await visitor.page.evaluate("localStorage.removeItem('connect4.player')")
    await visitor.page.goto(f"/players/{player}")
    await visitor.see("game-card").nth(3).wait_for()
    return visitor


@state
async def my_page(studio: Studio) -> Visitor:
    return await _profile(studio)


@state
async def my_page_below_german(studio: Studio) -> Visitor:
    visitor = await _profile(studio, locale="de")
    await visitor.see("forgetting").locator("summary").click()
    await visitor.see("forget").scroll_into_view_if_needed()
    return visitor


@state
async def nobody_yet(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/me")
    await visitor.see("nobody").wait_for()
    return visitor


@state
async def seat_elsewhere(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.see("open-menu").click()
    await visitor.see("seat-elsewhere").click()
    await visitor.see("handover-qr").wait_for()
    return visitor


@state
async def take_over(studio: Studio) -> Visitor:
    ada = await _become(studio, "Ada")
    headers = {"authorization": f"Bearer {ada['secret']}"}
    url = (await studio.site.http.post("/api/me/handover", headers=headers)).json()["url"]
    visitor = await studio.visitor(locale="de")
    await visitor.create("Grace")
    await visitor.page.goto(url)
    await visitor.see("asking").wait_for()
    return visitor


@state
async def forget_me(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.page.goto("/me")
    await visitor.see("forgetting").locator("summary").click()
    await visitor.see("forget").click()
    await visitor.see("forget-dialog").wait_for()
    return visitor


@state
async def standings(studio: Studio) -> Visitor:
    """Nobody has played enough for a rank in so short a time, so the list is one of this page's own."""
    visitor = await studio.visitor()
    names = ["Ada", "Augusta Ada King, Countess of L", "Grace", "\u05d0\u05d3\u05d4", "Anonymous"]
    listed = [
        {
            "rank": at,
            "player": str(uuid4()),
            "name": name,
            "rating": 2001.5 - 87 * at,
            "deviation": 60,
            "games": 9,
        }
        for at, name in enumerate(names, 1)
    ]
    await visitor.page.route(
        "**/api/standings?*",
        lambda asked: asked.fulfill(json={"pool": "untimed", "standings": listed, "cursor": "more"}),
    )
    await visitor.page.goto("/standings")
    await visitor.see("standings").wait_for()
    return visitor


@state
async def standings_empty_german(studio: Studio) -> Visitor:
    visitor = await studio.visitor(locale="de")
    await visitor.page.goto("/standings?pool=bullet")
    await visitor.see("nobody").wait_for()
    return visitor


@state
async def log_page(studio: Studio) -> Visitor:
    created = (await studio.site.http.post("/api/games", json={"seat": "yellow", "listed": True})).json()
    await studio.site.join(created["game"])
    visitor = await studio.visitor()
    await visitor.page.goto("/log")
    await visitor.page.locator(f"[id='{created['game']}-4'] summary").click()
    return visitor


LISTED_GAMES = ["", "4", "4453", "44536", WON[:9], DRAWN[:20], DRAWN[:31]]
"""Games that are being played in the lobby, by their moves."""
OPEN_GAMES = ["Grace", "Ḥasan al-Ḥakīm ibn Yūsuf", "李雷", "Mary", "עדה", "W" * 32, "Katherine", "Joan"]
"""Names of those who wait."""


async def in_the_lobby(studio: Studio, *, locale: str = "en") -> Visitor:
    """The start page of somebody with games under way, while others wait and play."""
    site = studio.site
    visitor = await studio.visitor(locale=locale)
    for number, moves in enumerate(("4", "44", "")):
        created = await site.create("yellow", "Ada")
        if number < 2:
            joined = await site.join(created["game"], OPEN_GAMES[number])
            ada = await studio.seated(created["game"], created["token"])
            await play(ada, await studio.seated(created["game"], joined["token"]), moves)
        key = f"connect4.token.{created['game']}.yellow"
        await visitor.page.add_init_script(f"localStorage.setItem('{key}', '{created['token']}')")
    clocks = [None, {"initial": 180, "increment": 2}, {"initial": 600, "increment": 5}]
    for number, name in enumerate(OPEN_GAMES):
        opened = await site.create(("yellow", "red")[number % 2], name, clock=clocks[number % 3], listed=True)
        await studio.seated(opened["game"], opened["token"])
    for number, moves in enumerate(LISTED_GAMES):
        created = await site.create("yellow", OPEN_GAMES[number], clock=clocks[number % 3], listed=True)
        joined = await site.join(created["game"], OPEN_GAMES[-1 - number])
        yellow = await studio.seated(created["game"], created["token"])
        await play(yellow, await studio.seated(created["game"], joined["token"]), moves)
    await visitor.page.goto("/")
    await expect(visitor.see("played-game").nth(len(LISTED_GAMES) - 1)).to_be_visible()
    await expect(visitor.see("open-game").nth(len(OPEN_GAMES) - 1)).to_be_attached()
    await expect(visitor.see("my-game")).to_have_count(3)
    return visitor


@state
async def start_waiting(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/")
    await visitor.see("play-now").click()
    await expect(visitor.see("waiting")).to_contain_text("so far")
    return visitor


@state
async def start_one_open_game(studio: Studio) -> Visitor:
    opened = await studio.site.create("yellow", "Grace", clock={"initial": 180, "increment": 2}, listed=True)
    await studio.seated(opened["game"], opened["token"])
    visitor = await studio.visitor()
    await visitor.page.goto("/")
    await expect(visitor.see("open-game")).to_be_visible()
    return visitor


@state
async def start_full_house(studio: Studio) -> Visitor:
    return await in_the_lobby(studio)


@state
async def start_full_house_german(studio: Studio) -> Visitor:
    return await in_the_lobby(studio, locale="de")


@state
async def start_full_house_below(studio: Studio) -> Visitor:
    visitor = await in_the_lobby(studio)
    await visitor.page.locator("#open-title").scroll_into_view_if_needed()
    await visitor.page.evaluate("scrollTo(0, document.getElementById('open-title').offsetTop)")
    return visitor
