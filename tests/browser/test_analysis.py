"""A game that is over is analysed in the browser, and the page stays free meanwhile."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.complaints import REFUSED
from tests.browser.conftest import Sit, Visit
from tests.browser.test_looks import LOOKS, SCREENS, assert_accessible
from tests.browser.visitor import Visitor, play
from tests.support.player import Api

DRAWN = "773536213355643211576164565614277172224443"
"""Nobody wins: the last move that gave anything away was the 38th."""
GOLDEN = Path(__file__).parents[1] / "golden/positions.jsonl"
PATIENCE = 60_000
"""Longest wait for an analysis, in ms."""
LOOP = """
(() => {
    const begun = performance.now();
    let sum = 0;
    for (let i = 0; i < 1e8; i++) sum = (sum * 31 + i) | 0;
    window.sum = sum;
    return performance.now() - begun;
})()
"""
"""A task that holds the page up for half a second or so, told by what it does; returns its time in ms."""
ENDLESS = """
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (job) { postMessage.call(this, { ...job, nodes: Infinity }); };
"""
"""Has the worker go on until it is stopped; by itself it gives up after a while."""

SOLVE = """
(positions) => new Promise((resolve, reject) => {
    const path = document.querySelector('script[type=module]').src;
    const worker = new Worker(new URL(connect4.parts["workers/analysis.js"], path), { type: "module" });
    const solved = [];
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }) => {
        if ("ply" in data) solved.push(data.value);
        if (!data.done) return;
        if (solved.length === positions.length) resolve(solved);
        else next();
    };
    const next = () => {
        const moves = positions[solved.length];
        worker.postMessage({ moves, from: moves.length, nodes: Infinity });
    };
    next();
})
"""
"""The values that the worker, as it is sent, finds for positions."""


async def analyse(visitor: Visitor, left: int = 21) -> None:
    """Ask for the analysis, and wait until so many positions are left at most."""
    await visitor.see("analyse").click()
    await expect(visitor.see("marks")).to_be_visible()
    words = visitor.see("solving")
    while True:
        said = await words.inner_text()
        number = next((int(word) for word in said.split() if word.isdecimal()), left)
        if "to go" not in said or number <= left:
            return
        await expect(words).not_to_have_text(said, timeout=PATIENCE)


async def endless(visitor: Visitor) -> None:
    await visitor.page.add_init_script(ENDLESS)


async def workers(visitor: Visitor, number: int) -> None:
    """Wait until the page has so many: they come and go beside it."""
    async with asyncio.timeout(PATIENCE / 1_000):
        while len(visitor.page.workers) != number:
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def longest_task(page: Page) -> AsyncIterator[dict[str, float]]:
    """The longest tasks of the page's main thread until the context ends, in ms, `processor` time and by the
    `clock`; told at its end."""
    browser, longest = page.context.browser, dict[str, float]()
    assert browser
    await browser.start_tracing(page=page, categories=["toplevel"])
    yield longest
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    main = {(event["pid"], event["tid"]) for event in events if event["args"].get("name") == "CrRendererMain"}
    tasks = [event for event in events if "RunTask" in event["name"] and (event["pid"], event["tid"]) in main]
    longest["processor"] = max((task.get("tdur", 0) for task in tasks), default=0) / 1_000
    longest["clock"] = max((task.get("dur", 0) for task in tasks), default=0) / 1_000


async def loop_noticed(page: Page) -> dict[str, float]:
    """The longest task while LOOP runs. A trace may begin late and lack it: then it is run again."""
    async with asyncio.timeout(PATIENCE / 1_000):
        while True:
            async with longest_task(page) as noticed:
                lasted = await page.evaluate(LOOP)
            if noticed["clock"] >= lasted / 2:
                return noticed


async def test_the_worker_finds_the_values_of_all_golden_positions(visit: Visit, site: Api) -> None:
    golden = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    later = [each for each in golden if len(each["moves"]) >= 12]
    assert len(later) >= 50
    async with visit() as eve:
        await eve.open((await site.create())["game"])
        solved = await eve.page.evaluate(SOLVE, [each["moves"] for each in later])
    assert solved == [{"outcome": each["outcome"], "plies": each["plies"]} for each in later]


async def test_the_second_half_of_a_full_board_is_solved_and_the_page_is_not_held_up(
    sit: Sit, record_property: Any
) -> None:
    async with sit() as (ada, grace, _):
        await play(ada, grace, DRAWN)
        await ada.at(47)
        noticed = await loop_noticed(ada.page)
        async with longest_task(ada.page) as longest:
            begun = await ada.page.evaluate("performance.now()")
            await analyse(ada)
            took = await ada.page.evaluate("performance.now()") - begun
        record_property("second_half_ms", round(took))
        record_property("longest_task_ms", longest)
        print(f"second half: {took:.0f} ms, the page's longest task: {longest}, of {noticed}")
        await workers(ada, 1)
        assert longest["processor"] < noticed["processor"]
        await expect(ada.see("panel-analysis")).to_contain_text("Move 38 decided it.")
        await ada.see("turn").click()
        await ada.at(41)
        verdict = ada.page.locator(".verdict")
        await expect(verdict).to_contain_text("Grace wins in 1 move")
        await expect(verdict).to_contain_text("Column 4 would have won at once.")
        assert await ada.page.locator(".arrows .arrow:not(.edge)").count() == 1
        mark = ada.see("marks").locator("[aria-current=step]")
        await expect(mark).to_have_attribute("aria-label", "Move 38: red, column 2: won → drawn")
        await ada.see("tab-moves").click()
        await expect(ada.page.locator(".arrows .arrow")).to_have_count(0)


async def test_an_analysis_is_stopped_says_what_is_not_solved_and_goes_on(sit: Sit) -> None:
    async with sit(before=endless) as (ada, grace, _):
        await play(ada, grace, "4444")
        await ada.at(8)
        assert (await grace.ask("resign"))["type"] == "accepted"
        await ada.see("analyse").click()
        await expect(ada.see("solve")).to_have_text("Stop")
        await expect(ada.see("panel-analysis")).to_contain_text("Not solved yet")
        await ada.see("solve").click()
        await expect(ada.see("solving")).to_have_text("No position is solved.")
        await workers(ada, 0)
        await expect(ada.see("marks").locator(".mark")).to_have_text(["not solved"] * 4)
        await ada.see("solve").click()
        await expect(ada.see("solving")).to_contain_text("to go")
        await workers(ada, 1)


async def test_a_worker_that_does_not_come_is_said_and_asked_for_again(sit: Sit) -> None:
    async with sit() as (ada, grace, _):
        await play(ada, grace, "41414171")
        worker = await ada.page.evaluate("connect4.parts['workers/analysis.js']")
        ada.complaints.expect(*REFUSED)
        await ada.page.route(f"**/{worker}", lambda route: route.abort())
        await ada.see("analyse").click()
        await expect(ada.see("solving")).to_have_text("The analysis did not start.")
        await ada.page.unroute(f"**/{worker}")
        await expect(ada.see("solve")).to_have_text("Try again")
        await ada.see("solve").click()
        await expect(ada.see("panel-analysis")).to_contain_text("Move 7 decided it.")


async def test_moves_that_were_taken_back_are_not_analysed(sit: Sit) -> None:
    async with sit() as (ada, grace, _):
        await play(ada, grace, DRAWN[:28])
        await ada.at(32)
        assert (await grace.ask("offer_takeback"))["type"] == "accepted"
        await ada.see("accept").click()
        await ada.at(34)
        assert (await grace.ask("resign"))["type"] == "accepted"
        await analyse(ada, left=20)
        await expect(ada.see("marks").get_by_role("button")).to_have_count(27)
        await ada.see("tab-moves").click()
        await ada.see("moves").locator("[data-retracted]").click()
        await ada.see("tab-analysis").click()
        await expect(ada.page.locator(".verdict")).to_contain_text("Taken back")


async def test_nobody_gets_an_analysis_of_a_game_that_is_under_way(sit: Sit, visit: Visit) -> None:
    async with sit() as (ada, grace, game), visit() as eve:
        await play(ada, grace, "4433")
        await eve.open(game)
        for visitor in (ada, eve):
            await visitor.at(8)
            await visitor.see("go-previous").click()
            await visitor.at(7)
        await expect(eve.see("continue")).to_be_visible()  # who watches may play on from what is looked at
        for visitor in (ada, eve):
            await expect(visitor.see("analyse")).to_be_hidden()
            await expect(visitor.see("tab-analysis")).to_be_hidden()
        await expect(ada.see("continue")).to_be_hidden()
        await ada.see("go-live").click()
        assert (await grace.ask("resign"))["type"] == "accepted"
        for visitor in (ada, eve):
            await expect(visitor.see("analyse")).to_be_visible()
        await expect(eve.see("continue")).to_be_hidden()


async def test_on_a_phone_on_its_side_the_arrow_is_seen_beside_the_move(sit: Sit) -> None:
    async with sit(viewport={"width": 740, "height": 360}) as (ada, grace, _):
        await play(ada, grace, "41414171")
        await ada.see("analyse").click()
        await expect(ada.see("panel-analysis")).to_contain_text("Move 7 decided it.")
        missed = ada.see("marks").get_by_role("button").nth(6)
        await missed.click()
        await expect(missed).to_be_in_viewport()
        await expect(ada.page.locator(".arrow").first).to_be_in_viewport(ratio=0.9)


async def test_on_an_upright_phone_nothing_of_the_list_lies_over_the_board(visit: Visit, site: Api) -> None:
    game, yellow, red = await site.start()
    async with site.seated(game, yellow) as ada, site.seated(game, red) as grace:
        await play(ada, grace, DRAWN)
    async with visit(**SCREENS["phone"]) as eve:
        await eve.open(game)
        await eve.see("analyse").click()
        await eve.see("marks").get_by_role("button").last.click()
        await eve.at(45)
        painted = """
        (board) => {
            const { left, top, width } = board.getBoundingClientRect();
            return board.contains(document.elementFromPoint(left + width / 2, top + 8));
        }
        """
        assert await eve.see("board").evaluate(painted)


@pytest.mark.parametrize(("screen", "scheme"), LOOKS)
async def test_an_analysis_passes_axe_and_is_used_by_keyboard(sit: Sit, screen: str, scheme: str) -> None:
    async with sit("red", before=endless, **SCREENS[screen], color_scheme=scheme, locale="de") as (
        grace,
        ada,
        _,
    ):
        await play(ada, grace, "12234334544")
        await grace.at(16)
        await expect(grace.see("analyse")).to_be_visible()
        await grace.see("analyse").focus()
        await grace.page.keyboard.press("Enter")
        await expect(grace.see("solve")).to_have_text("Anhalten")
        await expect(grace.see("panel-analysis")).to_contain_text("Ada hat gewonnen")
        await assert_accessible(grace)
        await grace.see("tab-analysis").focus()
        await grace.page.keyboard.press("ArrowRight")
        await expect(grace.see("tab-moves")).to_be_focused()
        await grace.page.keyboard.press("ArrowLeft")
        await expect(grace.see("tab-analysis")).to_be_focused()
        last = grace.see("marks").get_by_role("button").last
        await last.focus()
        await grace.page.keyboard.press("Enter")
        await grace.at(14)
        await expect(grace.page.locator(".verdict")).to_contain_text("Ada gewinnt in 1 Zug")
        await grace.see("from-here").focus()
        await grace.page.keyboard.press("Enter")
        await expect(grace.see("fork")).to_be_visible()
        await assert_accessible(grace)
        await grace.page.keyboard.press("Escape")
        await expect(grace.see("fork")).to_be_hidden()
