"""The same journey in Chromium and in Firefox, whose engines differ where a page is under stress."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import uuid4

import pytest

from server.web import invitation
from tests.browser.bidi import Bidi
from tests.browser.complaints import REFUSED
from tests.browser.conftest import Visit
from tests.browser.either import ChromiumTab, Somebody
from tests.browser.firefox import FirefoxTab, find_firefox, firefox
from tests.browser.relay import relay
from tests.browser.test_players import become, listed, play
from tests.browser.visitor import LOW_CLOCK, told
from tests.browser.visitor import play as take_turns
from tests.support.absent import absent
from tests.support.gateway import Gateway, Sockets
from tests.support.player import Api, Json

Come = Callable[[], AbstractAsyncContextManager[Somebody]]
REFUSES_STORAGE: dict[str, Any] = {"network__cookie__cookieBehavior": 2}
"""Firefox's setting by which sites keep nothing, and may not even ask."""


IN_FIREFOX = pytest.mark.parametrize("come", ["firefox"], indirect=True)
"""Marks a journey that tests of Chromium alone have already."""


@pytest.fixture(scope="session")
def program() -> str:
    """The path of Firefox. Without it these tests are skipped, but not in CI."""
    if found := find_firefox():
        return found
    absent("Firefox was not found; install it, or name it with FIREFOX=…")


@pytest.fixture(scope="module")
async def running_firefox(program: str) -> AsyncIterator[Bidi]:
    async with firefox(program) as bidi:
        yield bidi


@pytest.fixture(params=["chromium", "firefox"])
def come(request: pytest.FixtureRequest) -> Come:
    """`async with come() as ada:` is somebody with a browser, whose console has to stay empty."""
    kind: str = request.param
    visit: Visit | None = request.getfixturevalue("visit") if kind == "chromium" else None
    bidi: Bidi | None = None if visit else request.getfixturevalue("running_firefox")

    @contextlib.asynccontextmanager
    async def come() -> AsyncIterator[Somebody]:
        if visit:
            async with visit() as visitor:
                yield Somebody(ChromiumTab(visitor.page, visitor.complaints))
        elif bidi:
            async with FirefoxTab.new(bidi) as tab:
                yield Somebody(tab)
                assert tab.complaints == []

    return come


async def test_a_rapid_game_is_played_by_mouse_and_by_keyboard_and_every_disc_is_seen(
    come: Come, site: Api
) -> None:
    async with come() as ada, come() as grace:
        game = await ada.create(site.url, "Ada", "red")
        await ada.sees("invite")
        await grace.tab.open(game)
        await grace.sees("join-panel", "Ada invites you")
        await grace.fill("join-name", "Grace")
        await grace.click("join", times=2)  # the second click is meant for nothing, and plays nothing
        for at, column in enumerate("415263", 4):
            player, other = (ada, grace) if at % 2 else (grace, ada)
            await player.at(at)
            if player is grace:
                await player.click(f"column-{int(column) - 1}")
            else:
                await player.tab.press(column)
            await other.at(at + 1)
        for player in (ada, grace):
            await player.tab.reload()
            await player.at(10)
            await player.tab.click(1, 1)  # away from the board, where it shows what it would play
            said, painted = await player.board()
            assert painted == said == "......./......./......./......./......./RRRYYY."
        await grace.tab.press("7")
        await grace.sees("status", "You won!")
        await ada.sees("status", "Grace won")


@IN_FIREFOX
async def test_a_game_with_a_clock_is_drawn_and_another_follows_it(come: Come, site: Api) -> None:
    created = await site.create("yellow", "Ada", clock={"initial": 180, "increment": 2})
    game = created["game"]
    async with site.seated(game, created["token"]) as ada, come() as grace:
        await grace.tab.open(f"{site.url}/games/{game}")
        await grace.sees("terms", "3 min + 2 s a move")
        await grace.click("join")
        await grace.at(4)
        assert (await ada.move(3))["type"] == "accepted"
        await grace.at(5)
        await grace.click("column-3")
        await grace.at(6)
        await grace.until("/^2:/.test(document.querySelector('#player-yellow .figures').textContent)")
        assert (await ada.ask("offer_draw"))["type"] == "accepted"
        await grace.sees("accept", "Agree to a draw")
        await grace.at(7)
        await grace.click("accept")
        await grace.sees("status", "By agreement.")
        assert (await ada.ask("offer_rematch"))["type"] == "accepted"
        await grace.sees("accept", "Ada wants a rematch")
        await grace.tab.evaluate("document.querySelector('#accept').focus()")
        await grace.tab.press("Enter")
        await grace.until(f"!location.pathname.endsWith('{game}')")
        await grace.at(4)
        await grace.sees("player-yellow", "½")
        await grace.until("document.querySelector('#player-yellow .you').checkVisibility()")


@IN_FIREFOX
async def test_a_flag_falls_and_a_game_is_claimed_from_who_left_it(come: Come, site: Api) -> None:
    clocks = [{"initial": initial, "increment": 0} for initial in (10, 600)]
    games = [await site.create("red", "Grace", clock=clock) for clock in clocks]
    late, left = (created["game"] for created in games)
    async with come() as ada, come() as eve:
        for page, created in zip((ada, eve), games, strict=True):
            await page.tab.open(f"{site.url}/games/{created['game']}")
            await page.click("join")
            await page.at(4)
            await page.click("column-3")
            async with site.seated(created["game"], created["token"]) as grace:
                await grace.hear_version(5)
                assert (await grace.move(3))["type"] == "accepted"
        await eve.until(told("status", "Grace is away. In"))
        await ada.until(LOW_CLOCK)
        await ada.sees("status", "Grace won")
        await ada.until("document.querySelector('#player-yellow .figures').textContent === '0.0'")
        await eve.click("claim-win")
        await eve.sees("status", "You won!")
        await eve.until("!document.querySelector('#claim').checkVisibility()")
    assert [(await site.state(game))["by"] for game in (late, left)] == ["timeout", "abandonment"]


@IN_FIREFOX
async def test_who_lost_is_shown_where_goes_on_from_there_and_wins(come: Come, site: Api) -> None:
    created = await site.create("red", "Grace")
    game = created["game"]
    async with site.seated(game, created["token"]) as grace, come() as ada:
        await ada.tab.open(f"{site.url}/games/{game}")
        await ada.click("join")
        for at, column in enumerate("41414171", 4):
            if at % 2:
                await grace.hear_version(at)
                assert (await grace.move(int(column) - 1))["type"] == "accepted"
            else:
                await ada.at(at)
                await ada.click(f"column-{int(column) - 1}")
        await ada.at(13)
        await ada.click("analyse")
        await ada.sees("panel-analysis", "Move 7 decided it.")
        await ada.click("turn")
        await ada.sees("panel-analysis", "Column 4 would have won at once.")
        await ada.click("from-here")
        await ada.click("fork-start")
        await ada.until(f"location.pathname.startsWith('/games/') && !location.pathname.endsWith('{game}')")
        await ada.sees("lineage", "Continued from move 6 of")
        await ada.at(4)
        await ada.click("column-3")
        await ada.sees("status", "You won!")


@IN_FIREFOX
async def test_a_part_of_the_page_that_fails_once_is_asked_for_again(come: Come, site: Api) -> None:
    async with come() as ada:
        ada.tab.complaints.expect(*REFUSED)
        await ada.tab.refuse("/menu-", times=1)
        await ada.tab.open(f"{site.url}/")
        await ada.click("open-menu")
        await ada.sees("menu")
        assert len(ada.tab.refused) == 1


@IN_FIREFOX
async def test_a_server_that_was_gone_for_a_while_is_found_again(come: Come, site: Api) -> None:
    created = await site.create("yellow")
    async with (
        relay(site.url) as away,
        come() as grace,
        site.seated(created["game"], created["token"]) as ada,
    ):
        await grace.tab.open(f"{away.url}/games/{created['game']}")
        await grace.click("join")
        await grace.at(4)
        grace.tab.complaints.expect(*REFUSED)
        async with away.gone():
            await grace.until("document.querySelector('#connection').dataset.state === 'reconnecting'")
            assert (await ada.move(3))["type"] == "accepted"
            await asyncio.sleep(2)
        await grace.at(5)
        await grace.tab.press("4")
        await ada.hear_version(6)


async def test_who_gets_no_socket_in_firefox_is_told_so_and_sees_the_game(
    running_firefox: Bidi, site: Api
) -> None:
    game, yellow, _ = await site.start()
    async with (
        Gateway(site.url).listening() as gateway,
        FirefoxTab.new(running_firefox) as tab,
        site.seated(game, yellow) as ada,
    ):
        await ada.move(3)
        gateway.sockets = Sockets.REFUSED
        tab.complaints.expect(*REFUSED)
        eve = Somebody(tab)
        await tab.open(f"{gateway.url}/games/{game}")
        await eve.sees("notice", "There is no live connection")
        await eve.at(5)
        gateway.sockets = Sockets.PASSED
        await eve.live()


async def test_who_creates_a_game_keeps_the_seat_where_firefox_keeps_nothing(program: str, site: Api) -> None:
    async with firefox(program, **REFUSES_STORAGE) as bidi, FirefoxTab.new(bidi) as tab:
        ada = Somebody(tab)
        await ada.create(site.url, "Ada")
        await ada.sees("invite")
        await ada.until(told("status", "This browser keeps nothing"))
        await tab.reload()
        await ada.sees("invite")
        assert tab.complaints == []


async def test_a_seat_is_handed_over_by_its_qr_code_and_both_devices_play(come: Come, site: Api) -> None:
    async with come() as ada, come() as phone:
        game = (await ada.create(site.url, "Ada")).rsplit("/", 1)[1]
        red = (await site.join(game))["token"]
        await ada.at(4)
        await ada.click("open-menu")
        await ada.click("seat-elsewhere")
        await ada.until("document.querySelector('#handover-qr')?.complete")
        link = await ada.until("document.querySelector('#handover-link').value")
        drawn = await ada.tab.evaluate("decodeURIComponent(document.querySelector('#handover-qr').src)")
        assert drawn == "data:image/svg+xml," + invitation.draw(link).decode(), (
            "what a camera reads is this link"
        )
        assert link.startswith(f"{site.url}/me#handover=")
        await phone.tab.open(link)
        await phone.sees("asking-title", "Ada")
        await phone.click("take-over")
        await phone.sees("player-name", "Ada")
        assert await phone.tab.evaluate("location.href") == f"{site.url}/me", (
            "the code is gone from the address"
        )
        await phone.sees("under-way", "Your turn against")
        await phone.click("game-card")
        await phone.at(4)
        await phone.click("column-3")
        await ada.at(5)
        async with site.seated(game, red) as grace:
            assert (await grace.move(3))["type"] == "accepted"
        await ada.click("handover-close")
        await ada.at(6)
        await ada.click("column-2")
        await phone.at(7)


async def test_a_name_is_forgotten_while_others_look(come: Come, site: Api) -> None:
    async with come() as ada, come() as eve:
        game = await ada.create(site.url, "Ada")
        await eve.tab.open(game)
        await eve.sees("join-panel", "Ada invites you")
        await ada.tab.open(f"{site.url}/me")
        await ada.sees("under-way", "Waiting")
        await ada.tab.evaluate("document.querySelector('#forgetting').open = true")
        await ada.click("forget")
        await ada.click("forget-yes")
        await ada.sees("forget-dialog", "Really be forgotten?")
        await ada.click("forget-yes")
        await ada.sees("nobody", "You are forgotten")
        await eve.sees("join-panel", "Forgotten invites you")
        assert "Ada" not in await eve.tab.evaluate(
            "document.title + document.querySelector('main').innerHTML"
        )
        assert "Ada" not in await ada.tab.evaluate("JSON.stringify({ ...localStorage })")
        await ada.tab.open(game)
        await ada.sees("player-yellow", "Forgotten")
        await ada.sees("invite")


async def test_a_profile_and_the_standings_are_read_in_german_by_keyboard(come: Come, site: Api) -> None:
    ada, grace = await become(site, "Ada"), await become(site, "Grace")
    await play(site, ada, grace, "12")
    await listed(site, ada, 1)
    async with come() as eve:
        await eve.tab.open(f"{site.url}/standings?pool=bullet")
        await eve.tab.evaluate("localStorage.setItem('connect4.language', 'de')")
        await eve.tab.reload()  # it asks for German words, and may not wait for them
        await eve.tab.reload()
        await eve.sees("nobody", "Hier steht noch niemand")
        await eve.tab.open(f"{site.url}/players/{ada['player']}")
        await eve.sees("game-card", "Gewonnen gegen \u2068Grace\u2069")
        await eve.sees("rating-untimed", "1 gewertetes Spiel")
        await eve.tab.evaluate("document.querySelector('#forgetting summary').focus()")
        await eve.tab.press("Enter")
        await eve.sees("backups", "Sicherungen")
        await eve.tab.evaluate("document.querySelector('.game-card').focus()")
        await eve.tab.press("Enter")
        await eve.sees("status", "Aufgegeben: Grace.")


# The start page -------------------------------------------------------------------------------------------


NUMBERS = itertools.count(600)


def clock_kept() -> Json:
    """A clock that nobody else plays with: who plays now with it meets nobody of another test."""
    return {"initial": next(NUMBERS), "increment": 59}


async def arrive(somebody: Somebody, site: Api, clock: Json) -> None:
    """Open the start page as somebody who chose `clock` the last time."""
    await somebody.tab.open(f"{site.url}/log")
    await somebody.tab.evaluate(f"localStorage.setItem('connect4.clock', '{json.dumps(clock)}')")
    await somebody.tab.open(f"{site.url}/")


async def press_play_now(somebody: Somebody) -> str:
    """Press it; returns "waiting", or "playing"."""
    await somebody.click("play-now")
    waits = "document.querySelector('[data-testid=waiting]')?.textContent.includes('so far')"
    outcome = f"location.pathname.startsWith('/games/') ? 'playing' : {waits} && 'waiting'"
    return str(await somebody.until(outcome))


async def test_two_who_never_exchanged_a_link_meet_by_playing_now(come: Come, site: Api) -> None:
    clock = clock_kept()
    async with come() as ada, come() as grace:
        for somebody, name in ((ada, "Ada"), (grace, "Grace")):
            await arrive(somebody, site, clock)
            await somebody.fill("name", name)
        await ada.click("play-now")
        await ada.sees("waiting", "so far")
        await ada.tab.reload()
        await ada.sees("waiting", "so far")  # it goes on
        while (
            await press_play_now(grace) == "waiting"
        ):  # who comes just while ada's page is away finds nobody
            await grace.click("cancel")
            await grace.sees("play-now", "Play now")
        for somebody in (ada, grace):
            await somebody.at(4)
        assert await ada.tab.evaluate("location.href") == await grace.tab.evaluate("location.href")
        await ada.until("document.body.innerText.includes('Grace')")
        names = "[...document.querySelectorAll('.player .name')].map(({ textContent }) => textContent).join()"
        await ada.until(f"['Ada,Grace', 'Grace,Ada'].includes({names})")


@IN_FIREFOX
async def test_who_waits_no_longer_says_so(come: Come, site: Api) -> None:
    clock = clock_kept()
    async with come() as ada:
        await arrive(ada, site, clock)
        await ada.click("play-now")
        await ada.sees("waiting", "so far")
        await ada.click("cancel")
        await ada.sees("play-now", "Play now")
        answer = await site.http.post("/api/matches", json={"clock": clock})
        assert answer.json()["matched"] is False


async def test_somebody_watches_from_a_small_board_and_comes_back_to_where_the_list_was(
    come: Come, site: Api
) -> None:
    name = f"Ada {uuid4().hex[:8]}"
    hidden, _, _ = await site.start(name="Eve hidden")
    created = await site.create("yellow", name, listed=True)
    game = created["game"]
    async with come() as eve, site.seated(game, created["token"]) as ada:
        await eve.tab.open(f"{site.url}/")
        open_games = "[...document.querySelectorAll('[data-testid=open-game]')]"
        await eve.until(f"{open_games}.some((each) => each.textContent.includes({name!r}))")
        joined = await site.join(game)
        board = f"document.querySelector('[data-testid=played-game][data-game=\"{game}\"]')"
        await eve.until(f"{board}?.checkVisibility()")
        async with site.seated(game, joined["token"]) as grace:
            await take_turns(ada, grace, "445")
            await eve.until(f"{board}.dataset.moves === '445'")
            assert hidden not in await eve.tab.evaluate("document.body.innerHTML")
            before = await eve.tab.evaluate(f"{board}.scrollIntoView({{ block: 'end' }}), scrollY")
            await eve.tab.evaluate(f"void setTimeout(() => {board}.click())")  # the page that answers goes
            await eve.at(7)
            await eve.tab.evaluate("void setTimeout(() => history.back())")
            await eve.until(f"location.pathname === '/' && {board}?.checkVisibility()")
            await eve.until(f"Math.abs(scrollY - {before}) <= 1")
            assert (await grace.move(0))["type"] == "accepted"
            await eve.until(f"{board}.dataset.moves === '4451'")


async def test_the_game_of_a_closed_tab_is_found_again_and_played_on(come: Come, site: Api) -> None:
    async with come() as ada:
        address = await ada.create(site.url, "Ada")
        game = address.rpartition("/")[2]
        joined = await site.join(game)
        async with site.seated(game, joined["token"]) as grace:
            await ada.at(4)
            await ada.click("column-3")
            await grace.hear_version(5)
            await grace.move(3)
            await ada.at(6)
            await ada.tab.evaluate("sessionStorage.clear()")  # as in a new tab
            await ada.tab.open(f"{site.url}/")
            await ada.sees("my-game", "Your turn")
            await ada.click("my-game")
            await ada.at(6)
            await ada.click("column-0")
            await grace.hear_version(7)


async def test_an_open_game_is_joined_and_the_computer_played_by_one_press(come: Come, site: Api) -> None:
    name = f"Ada {uuid4().hex[:8]}"
    created = await site.create("yellow", name, listed=True)
    async with site.seated(created["game"], created["token"]) as ada, come() as grace:
        await grace.tab.open(f"{site.url}/")
        await grace.sees("lobby", name)
        item = f"[...document.querySelectorAll('.open-game')].find((it) => it.textContent.includes('{name}'))"
        await grace.tab.evaluate(f"{item}.querySelector('button').click()")
        await grace.at(4)
        await ada.hear_version(4)
        await grace.tab.open(f"{site.url}/")
        await grace.click("computer-easy")
        await grace.until("document.querySelector('#board')?.dataset.version > 3")
