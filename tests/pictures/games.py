"""A game from its invitation to its end, and the pages that are none."""

from playwright.async_api import WebSocketRoute, expect

from tests.browser.visitor import Visitor
from tests.pictures.studio import DRAWN, WON, States, Studio

STATES = States()

BLITZ = {"initial": 180, "increment": 2}


@STATES.add
async def invitation(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.create()
    await visitor.at(2)
    await expect(visitor.see("qr")).to_be_visible()
    return visitor


@STATES.add
async def invited(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.open((await studio.site.create())["game"])
    await expect(visitor.see("join")).to_be_visible()
    return visitor


@STATES.add
async def waiting(studio: Studio) -> Visitor:
    visitor = await invited(studio)
    await visitor.see("watch").click()
    return visitor


@STATES.add
async def just_started(studio: Studio) -> Visitor:
    visitor, _ = await studio.table()
    return visitor


@STATES.add
async def my_turn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    await visitor.see("column-4").hover()
    return visitor


@STATES.add
async def their_turn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7])
    return visitor


@STATES.add
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


@STATES.add
async def looking_back(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:7])
    await visitor.see("go-previous").click()
    await visitor.see("go-previous").click()
    await opponent.move(2)
    await expect(visitor.see("go-live")).to_contain_text("new")
    return visitor


@STATES.add
async def won(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON)
    return visitor


@STATES.add
async def lost(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON, seat="red")
    return visitor


@STATES.add
async def drawn(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(DRAWN)
    return visitor


@STATES.add
async def resigned(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    for _ in range(2):
        await visitor.see("resign").click()
    await expect(visitor.see("new-game")).to_be_visible()
    return visitor


@STATES.add
async def invited_timed(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.open((await studio.site.create(clock=BLITZ))["game"])
    await expect(visitor.see("terms")).to_be_visible()
    return visitor


@STATES.add
async def first_move(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(clock=BLITZ)
    return visitor


@STATES.add
async def timed(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7], clock=BLITZ)
    return visitor


@STATES.add
async def time_low(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8], clock={"initial": 10, "increment": 0})
    await expect(visitor.page.locator(".clock[data-low='true']")).to_be_visible(timeout=10_000)
    return visitor


@STATES.add
async def draw_offered(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ)
    await opponent.ask("offer_draw")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@STATES.add
async def takeback_asked(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:7], clock=BLITZ)
    await visitor.see("offer-takeback").click()
    await expect(visitor.see("status")).to_contain_text("You ask")
    return visitor


@STATES.add
async def takeback_offered_german(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ, locale="de")
    await opponent.ask("offer_takeback")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@STATES.add
async def taken_back(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8])
    await opponent.ask("offer_takeback")
    await visitor.see("accept").click()
    await visitor.at(14)
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("moves").wait_for()
    return visitor


@STATES.add
async def claim(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON[:8], clock=BLITZ)
    await opponent.connection.close()
    await expect(visitor.see("claim")).to_be_visible(timeout=20_000)
    return visitor


@STATES.add
async def rematch_wanted(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON)
    await opponent.ask("offer_rematch")
    await expect(visitor.see("accept")).to_be_visible()
    return visitor


@STATES.add
async def second_game_german(studio: Studio) -> Visitor:
    visitor, opponent = await studio.table(WON, clock=BLITZ, locale="de")
    first = visitor.game
    await opponent.ask("offer_rematch")
    await visitor.see("accept").click()
    await visitor.page.wait_for_url(lambda url: first not in url)
    await expect(visitor.page.locator(".score b").first).to_be_visible()
    return visitor


@STATES.add
async def won_german(studio: Studio) -> Visitor:
    return await studio.watched(WON, locale="de")


@STATES.add
async def spectator(studio: Studio) -> Visitor:
    return await studio.watched(WON[:8])


@STATES.add
async def menu(studio: Studio) -> Visitor:
    visitor, _ = await studio.table(WON[:8])
    await visitor.see("open-menu").click()
    await expect(visitor.see("menu")).to_be_visible()
    return visitor


@STATES.add
async def inspector(studio: Studio) -> Visitor:
    visitor = await studio.watched(WON[:8])
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("tab-events").click()
    await visitor.see("events").locator("dl").wait_for()
    await visitor.see("events").locator(".event").nth(2).click()
    return visitor


@STATES.add
async def log_open(studio: Studio) -> Visitor:
    visitor = await studio.watched(DRAWN[:27])
    if await visitor.see("log").is_hidden():
        await visitor.see("toggle-log").click()
    await visitor.see("moves").wait_for()
    return visitor


@STATES.add
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


@STATES.add
async def second_tab(studio: Studio) -> Visitor:
    first, _ = await studio.table(WON[:8])
    visitor = Visitor(await first.page.context.new_page(), first.url)
    await visitor.open(first.game)
    await expect(visitor.see("notice")).to_be_visible()
    return visitor


@STATES.add
async def not_loaded(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.clock.install()
    await visitor.page.route("**/static/start-*.js*", lambda asked: asked.abort())
    await visitor.page.goto("/", wait_until="domcontentloaded")
    await visitor.page.clock.run_for(8_000)
    await expect(visitor.see("not-loaded")).to_be_visible()
    return visitor


@STATES.add
async def no_such_game(studio: Studio) -> Visitor:
    visitor = await studio.visitor()
    await visitor.page.goto("/games/nonsense")
    await visitor.page.get_by_role("link").first.wait_for()
    return visitor


@STATES.add
async def no_such_page(studio: Studio) -> Visitor:
    visitor = await studio.visitor(locale="de")
    await visitor.page.goto("/nonsense")
    await visitor.page.get_by_role("link").first.wait_for()
    return visitor


@STATES.add
async def log_page(studio: Studio) -> Visitor:
    created = (await studio.site.http.post("/api/games", json={"seat": "yellow", "listed": True})).json()
    await studio.site.join(created["game"])
    visitor = await studio.visitor()
    await visitor.page.goto("/log")
    await visitor.page.locator(f"[id='{created['game']}-4'] summary").click()
    return visitor
