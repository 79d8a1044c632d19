"""Two players in two browsers play a whole game by clicking, and others watch."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit, Visit
from tests.browser.visitor import play
from tests.golden.rules import DRAWN
from tests.support.player import Api


@pytest.mark.parametrize(
    ("moves", "result", "words"),
    [
        ("12234334544", "PLAYER_ONE_WON", "won"),
        ("72121212", "PLAYER_TWO_WON", "won"),
        (DRAWN, "TIED", "draw"),
    ],
    ids=["yellow wins", "red wins", "drawn"],
)
async def test_a_whole_game_is_the_same_on_every_screen_and_is_the_log(
    visit: Visit, site: Api, moves: str, result: str, words: str
) -> None:
    """Of a long game only the last moves are made by clicking."""
    async with visit() as ada, visit() as grace, visit() as spectator:
        game = await ada.create()
        await grace.join(game)
        await spectator.open(game)
        await expect(spectator.see("join")).to_be_hidden()
        begun = max(0, len(moves) - 12)
        tokens = await ada.token(), await grace.token()
        async with site.seated(game, tokens[0]) as yellow, site.seated(game, tokens[1]) as red:
            await play(yellow, red, moves[:begun])
        middle = len(moves) - 4
        await play(ada, grace, moves[begun:middle], version=4 + begun)
        waiting = ada if middle % 2 else grace
        await waiting.page.reload()
        await waiting.live()
        await play(ada, grace, moves[middle:], version=4 + middle)
        end = 4 + len(moves) + 1
        await ada.at(end)
        state = await site.state(game)
        for visitor in (ada, grace, spectator):
            await visitor.at(end)
            assert await visitor.board() == ("/".join(state["board"]), moves)
            await expect(visitor.see("status")).to_contain_text(words, ignore_case=True)
        assert (state["version"], state["result"]) == (end, result)
        assert state["moves"] == moves


async def test_a_game_that_is_resigned_is_over_on_every_screen(sit: Sit, visit: Visit, site: Api) -> None:
    async with sit("red") as (grace, ada, game), visit() as spectator:
        await spectator.open(game)
        await ada.move(3)
        await grace.at(5)
        await grace.mean("resign")
        for visitor in (grace, spectator):
            await visitor.at(6)
            await expect(visitor.see("status")).to_contain_text("resign")
        state = await site.state(game)
    assert (state["result"], state["by"], state["moves"]) == ("PLAYER_ONE_WON", "resignation", "4")
