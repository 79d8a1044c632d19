"""Two people in two browsers play a whole game with others watching, by clicking."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import play
from tests.support.player import Api

DRAWN = "254163621237765214571134172473734264365556"


@pytest.mark.parametrize(
    ("moves", "result", "words"),
    [
        ("1212121", "PLAYER_ONE_WON", "won"),
        ("1122334", "PLAYER_ONE_WON", "won"),
        ("12234334544", "PLAYER_ONE_WON", "won"),
        ("76654554344", "PLAYER_ONE_WON", "won"),
        ("72121212", "PLAYER_TWO_WON", "won"),
        (DRAWN, "TIED", "draw"),
    ],
    ids=["vertical", "horizontal", "rising", "falling", "red wins", "drawn"],
)
async def test_a_whole_game_is_the_same_on_every_screen_and_is_the_log(
    visit: Visit, site: Api, moves: str, result: str, words: str
) -> None:
    async with visit() as ada, visit() as grace, visit() as spectator, visit() as late:
        game = await ada.create()
        await grace.join(game)
        await spectator.open(game)
        await expect(spectator.see("join")).to_be_hidden()
        await ada.at(4)
        middle = len(moves) // 2
        await play(ada, grace, moves[:middle])
        waiting = ada if middle % 2 else grace
        await waiting.page.reload()
        await waiting.live()
        await late.open(game)
        await play(ada, grace, moves[middle:], version=4 + middle)
        end = 4 + len(moves) + 1
        await ada.at(end)
        state = await site.state(game)
        for visitor in (ada, grace, spectator, late):
            await visitor.at(end)
            assert await visitor.board() == ("/".join(state["board"]), moves)
        assert (state["version"], state["result"]) == (end, result)
        assert state["moves"] == moves
        for visitor in (ada, grace, spectator, late):
            await expect(visitor.see("status")).to_contain_text(words, ignore_case=True)


async def test_a_game_that_is_resigned_is_over_on_every_screen(visit: Visit, site: Api) -> None:
    async with visit() as ada, visit() as grace, visit() as spectator:
        game = await ada.create(seat="red")
        await grace.join(game)
        await spectator.open(game)
        await grace.drop(3)
        await ada.at(5)
        await ada.see("resign").click()
        await ada.see("resign").click()
        for visitor in (ada, grace, spectator):
            await visitor.at(6)
            await expect(visitor.see("status")).to_contain_text("resign")
        state = await site.state(game)
    assert (state["result"], state["by"], state["moves"]) == ("PLAYER_ONE_WON", "resignation", "4")
